import numpy as np
import pytest

from lab_utils import plots


def test_effect_tells_both_rates_and_the_interval(experiment, log):
    caption = plots.effect(experiment.analyze(log)).caption
    assert "a 50.0% of 700 users, b 50.0% of 300 users; difference +0.0 points" in caption


def test_forest_has_a_row_for_each_metric_with_its_unit(guarded, log):
    result = guarded.analyze(log)
    picture = result.plot()
    assert len(picture.figure.axes) == len(result.findings)
    assert "outcome rate +0.0 points" in picture.caption
    assert "p95 of latency_ms +10.3 ms" in picture.caption


def test_in_a_forest_right_is_better_whichever_way_a_metric_counts(guarded, log):
    outcome, latency, error = plots.forest(guarded.analyze(log)).figure.axes
    assert outcome.get_xlim()[0] < outcome.get_xlim()[1]
    for axes in (latency, error):
        assert axes.get_xlim()[0] > axes.get_xlim()[1]


def test_a_metric_without_an_interval_is_told_and_not_drawn(guarded, log):
    # nobody of repeat visitors ever fails: there is nothing to estimate an interval from
    twice = log.loc[log.index.repeat(2)].assign(status=200)
    caption = plots.forest(guarded.analyze(twice)).caption
    assert "error rate +0.0 points (not estimable)" in caption


@pytest.mark.parametrize(("outcomes", "top"), [([1, 0], 100), ([1] + [0] * 9, 20)])
def test_rates_begin_at_0_and_the_axis_ends_where_their_intervals_can_still_be_seen(
    experiment, log, outcomes, top
):
    told = log.assign(outcome=np.resize(outcomes, len(log)))
    left, _ = plots.effect(experiment.analyze(told)).figure.axes
    assert left.get_ylim() == (0, top)
