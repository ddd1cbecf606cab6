from lab_utils import plots


def test_metrics_stand_from_best_to_worst(many_metrics):
    (axes,) = plots.scoreboard(many_metrics).figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    expected = many_metrics.table.sort_values("difference", ascending=False)["metric"]
    assert names == expected.tolist()


def test_what_leaves_0_out_carries_another_mark_and_is_told(many_metrics):
    picture = plots.scoreboard(many_metrics)
    found = many_metrics.table[many_metrics.table["significant"]]
    assert 1 <= len(found) < len(many_metrics.table)
    assert f"{len(found)} of 12 metrics leave 0 out: outcome rate" in picture.caption
    (axes,) = picture.figure.axes
    assert [line.get_marker() for line in axes.get_lines()].count("X") == len(found)
