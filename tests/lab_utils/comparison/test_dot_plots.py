import pytest

from lab_utils import comparison


def of(measured, what):
    return [seen for seen in measured if seen.what == what]


def test_every_median_is_in_the_caption_and_in_the_text_for_those_who_cannot_see(measured):
    shown = comparison.dots("What does it hold?", of(measured, "idle memory"), "memory")
    assert shown.caption == "process 1 MB; container 800 kB; virtual machine 200 MB"
    assert shown.caption in shown.alt


def test_starts_from_a_snapshot_and_from_a_boot_are_rows_of_their_own(measured):
    (resumed,) = of(measured, "start from a snapshot")
    shown = comparison.start_times(of(measured, "start to first answer"), resumed)
    assert "virtual machine from a snapshot 0.35 s, median of 3" in shown.caption
    assert "virtual machine that boots 2.5 s, median of 3" in shown.caption


def test_recorded_figures_are_called_so_in_picture_caption_and_text(kept):
    shown = comparison.dots("What does it hold?", of(kept, "idle memory"), "memory")
    labels = [tick.get_text() for tick in shown.figure.axes[0].get_yticklabels()]
    assert labels == ["process\n(recorded)", "container\n(recorded)", "virtual machine\n(recorded)"]
    assert "another machine of a test" in shown.figure.get_supxlabel()
    assert "process 1 MB, recorded" in shown.alt
    assert "recorded at commit abc1234" in shown.caption


@pytest.mark.parametrize(
    "what", ["idle memory", "how many fit into a gigabyte", "start to first answer"]
)
def test_no_word_is_cut_off(kept, what):
    figure = comparison.dots("A question?", of(kept, what), "an axis").figure
    figure.draw_without_rendering()
    axes, edge = figure.axes[0], figure.bbox
    words = [*axes.texts, *figure.texts, axes.title, axes.xaxis.label, *axes.get_yticklabels()]
    ends = [word.get_window_extent() for word in words if word.get_text()]
    assert all(end.x0 >= 0 and end.x1 <= edge.x1 for end in ends)


def test_an_axis_has_two_numbers_or_more_to_read_a_dot_by(measured):
    for what in ("image size", "idle memory"):
        figure = comparison.dots("A question?", of(measured, what), "an axis").figure
        axes = figure.axes[0]
        low, high = axes.get_xlim()
        assert sum(low <= at <= high for at in axes.get_xticks()) >= 2
