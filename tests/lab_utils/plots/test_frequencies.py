import pytest

from lab_utils import plots
from lab_utils.experiment import frequency

SEEN = {
    "often": frequency([True] * 20 + [False] * 80),
    "seldom": frequency([True] * 4 + [False] * 96),
}


def test_a_bar_is_as_long_as_it_happened_often():
    (axes,) = plots.frequencies(SEEN).figure.axes
    assert [bar.get_width() for bar in axes.patches] == [0.2, 0.04]


def test_the_promise_is_a_line_where_there_is_one():
    promised, none = (plots.frequencies(SEEN, promised=each) for each in (0.05, None))
    assert "the 5% promised" in promised.figure.get_supxlabel()
    assert "promised" not in none.figure.get_supxlabel()


def test_its_caption_says_how_sure_the_count_is():
    caption = plots.frequencies(SEEN).caption
    assert "often: 20.0% of 100 (95% interval " in caption


def test_no_tick_is_beyond_all_of_them():
    always = {"always": frequency([True] * 100)}
    (axes,) = plots.frequencies(always).figure.axes
    assert max(axes.get_xticks()) == pytest.approx(1.0)
