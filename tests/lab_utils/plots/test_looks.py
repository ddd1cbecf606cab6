import numpy as np

from lab_utils import plots


def test_it_counts_the_looks_at_which_a_peek_would_have_ended_the_test(many_days):
    table = many_days.table
    alarms = (table["ci_low"] > 0) | (table["ci_high"] < 0)
    assert 0 < alarms.sum() < len(table)
    caption = many_days.plot().caption
    first = int(np.argmax(alarms)) + 1
    assert f"plain intervals leave 0 out at {alarms.sum()} of 14 looks, first at look {first}" in (
        caption
    )
    assert "always-valid intervals leave 0 out at 0 of 14 looks" in caption


def test_looks_that_would_have_ended_the_test_carry_another_mark(many_days):
    (axes,) = plots.cumulative(many_days).figure.axes
    markers = {line.get_marker() for line in axes.get_lines()}
    assert {"s", "X"} <= markers
