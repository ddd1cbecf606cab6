from functools import partial

import numpy as np
import pytest
from balancer.strategies import canary, sticky

from lab_utils.experiment import (
    BadArgument,
    Device,
    Experiment,
    Proportion,
    Sample,
    World,
    ever_crossed,
    family_wise_error,
    frequency,
    looks_taken,
    peeking_rate,
    pocock_bounds,
    replicate,
    welch_test,
    z_test,
)
from lab_utils.experiment import replications as module

SAME = {"a": 0.12, "b": 0.12}
REPEATED = World(SAME, users=500, visits_per_user=8)
ONCE = World(SAME, users=2_000)


def moments_of(log):
    """One look of one replication, from a log: what `replicate` would keep of it."""
    users = log["user_id"].astype(int).to_numpy()
    counts = np.zeros((1, 2, users.max() + 1))
    successes = np.zeros_like(counts)
    arm = (log["variant"] == "b").astype(int).to_numpy()
    np.add.at(counts, (0, arm, users), 1)
    np.add.at(successes, (0, arm, users), log["outcome"].to_numpy())
    return module.Replications(
        REPEATED, 0.5, module.Sums(*module._moments(counts, successes)[:, :, None])
    )


@pytest.fixture
def log():
    return REPEATED.log(partial(sticky, {"a": 1, "b": 1}, "one"), seed=5)


def test_the_delta_method_is_the_one_of_the_experiment(log):
    plan = Experiment({"a": 0.5, "b": 0.5}, "a", Proportion("outcome"))
    one = plan.analyze(log).primary.comparison
    many = moments_of(log)
    assert many.estimates()[0, 0] == pytest.approx(one.difference)
    assert many.z()[0, 0] == pytest.approx(one.statistic)


def test_user_means_are_compared_as_by_welch(log):
    means = log.groupby(["variant", "user_id"])["outcome"].mean()
    one = welch_test(Sample.of(means["a"]), Sample.of(means["b"]))
    assert moments_of(log).z("user means")[0, 0] == pytest.approx(one.statistic)


def test_requests_are_compared_by_the_textbooks_z(log):
    won, n = (log.groupby("variant")["outcome"].agg(how) for how in ("sum", "count"))
    _, p_value = z_test(won["a"], n["a"], won["b"], n["b"])
    assert moments_of(log).p_values("per request")[0, 0] == pytest.approx(p_value)


@pytest.mark.parametrize("analysis", ["user means", "delta method"])
def test_users_as_the_unit_alarm_at_alpha(calibration, analysis):
    many = replicate(REPEATED, replications=calibration.runs(500), seed=1)
    calibration.near(many.p_values(analysis)[:, -1] < 0.05, 0.05)


def test_requests_as_the_unit_alarm_as_often_as_the_design_effect_says(calibration):
    many = replicate(REPEATED, replications=calibration.runs(500), seed=2)
    # visits are one plus geometric: 1 + ((1 + cv^2) m - 1) icc with cv^2 = 1 - 1/m
    effect = 1 + ((2 - 1 / 8) * 8 - 1) * 0.1
    expected = 2 * module.stats.norm.sf(1.96 / effect**0.5)
    calibration.near(many.p_values("per request")[:, -1] < 0.05, expected)


def test_peeking_alarms_as_often_as_computed_and_its_remedies_do_not(calibration):
    many = replicate(ONCE, looks=14, replications=calibration.runs(500), seed=3)
    z = many.z("per request")
    calibration.near(ever_crossed(z, 1.96), peeking_rate(14))
    calibration.near(ever_crossed(z[:, -1:], 1.96), 0.05)
    calibration.near(ever_crossed(z, pocock_bounds(14)), 0.05)
    calibration.at_most(ever_crossed(z, many.always_valid_bounds(2_000)), 0.05)


def test_estimates_are_around_the_truth(calibration):
    world = World({"a": 0.12, "b": 0.15}, users=500, visits_per_user=4)
    seen = replicate(world, share=0.3, replications=calibration.runs(400), seed=4).estimates()
    assert abs(seen.mean() - 0.03) <= 4 * seen.std(ddof=1) / seen.size**0.5


def test_a_fair_split_alarms_at_its_threshold_and_a_leaking_one_nearly_always(calibration):
    runs = calibration.runs(400)
    fair = replicate(World(SAME, users=500), share=0.3, replications=runs, seed=5)
    calibration.near(fair.split_p_values() < 0.05, 0.05)
    leaking = replicate(World(SAME, users=5_000, lost={"b": 0.2}), replications=100, seed=6)
    assert (leaking.split_p_values() < 0.001).all()


def test_visitors_without_patience_leave_no_line():
    world = World(SAME, users=2_000, slower={"b": 2.0}, patience_ms=30)
    many = replicate(world, replications=20, seed=7)
    users = many.sums.users[:, -1].mean(axis=0)
    assert users[1] < 0.9 * users[0] < 1_000


def ramp_up():
    rates = {"phone": {"a": 0.05, "b": 0.07}, "desktop": {"a": 0.2, "b": 0.22}}
    devices = {
        "phone": Device(0.2, 0.8, rates=rates["phone"]),
        "desktop": Device(0.8, 0.2, rates=rates["desktop"]),
    }
    return World(SAME, users=4_000, devices=devices)


def test_a_ramp_up_misleads_the_whole_and_not_its_periods(calibration):
    runs = calibration.runs(200)
    many = replicate(ramp_up(), {0: 0.1, 7: 0.5}, looks=2, replications=runs, seed=8)
    inside = many.estimates("within periods")[:, -1]
    assert abs(inside.mean() - 0.02) <= 4 * inside.std(ddof=1) / runs**0.5
    assert many.estimates("per request")[:, -1].mean() < 0
    assert many.share == pytest.approx(0.3)


def test_a_ramp_up_splits_as_the_balancer_does():
    """The coin held against a rising share moves users to the treatment, as `canary` does."""
    rules = {
        day: partial(sticky, canary({"a": 1, "b": 1}, "b", percent), "ramp")
        for day, percent in ((0, 10), (7, 50))
    }
    log = ramp_up().log(rules)
    many = replicate(ramp_up(), {0: 0.1, 7: 0.5}, replications=50, seed=9)
    shares = many.sums.users[:, -1, 1] / many.sums.users[:, -1].sum(axis=1)
    share = (log["variant"] == "b").mean()
    assert abs(share - shares.mean()) <= 4 * shares.std(ddof=1)


def test_the_same_seed_replicates_the_same():
    one, other = (replicate(REPEATED, replications=60, seed=9).z() for _ in range(2))
    assert np.array_equal(one, other)


def test_a_test_is_over_at_its_first_crossing_or_at_the_last_look():
    z = np.array([[0.0, -2.5, 3.0], [0.0, 1.0, 1.5], [2.2, 0.0, 0.0]])
    assert looks_taken(z, 2.0).tolist() == [2, 3, 1]
    assert looks_taken(z, [3.0, 2.0, 2.0]).tolist() == [2, 3, 3]


@pytest.mark.parametrize(("tests", "expected"), [(1, 0.05), (20, 1 - 0.95**20)])
def test_independent_tests_alarm_as_often_as_multiplied(calibration, tests, expected):
    seen = family_wise_error(tests)
    assert abs(seen.rate - expected) <= calibration.error(expected, seen.of)


def test_tests_that_go_together_alarm_together():
    assert family_wise_error(20, correlation=0.9).rate < 0.7 * family_wise_error(20).rate


def test_a_frequency_says_how_sure_it_is():
    seen = frequency([True] * 50 + [False] * 950)
    assert str(seen) == "5.0% of 1,000 (95% interval 3.8% to 6.5%)"
    assert seen.interval[0] < seen.rate < seen.interval[1]


@pytest.mark.parametrize(
    "bad",
    [
        {"world": World({"a": 0.1, "b": 0.1, "c": 0.1})},
        {"looks": 0},
        {"replications": 0},
        {"share": 1.0},
        {"share": {3: 0.5}},
        {"world": World(SAME, users=20), "looks": 10},
    ],
)
def test_what_cannot_be_replicated_is_refused(bad):
    with pytest.raises(BadArgument, match="Next: "):
        replicate(**{"world": ONCE, "replications": 5, **bad})


def test_no_tests_and_no_replications_are_refused():
    for broken in (lambda: family_wise_error(0), lambda: family_wise_error(2, correlation=1)):
        with pytest.raises(BadArgument, match="Next: "):
            broken()
    with pytest.raises(BadArgument, match="one row"):
        frequency([])


@pytest.mark.parametrize("count", [ever_crossed, looks_taken])
@pytest.mark.parametrize("z", [[1.0, 3.0], [[1.0, 3.0], [0.0, 1.0]]])
def test_bounds_that_do_not_fit_the_looks_are_refused(count, z):
    with pytest.raises(BadArgument, match="one bound or one for each look"):
        count(z, [2.0, 2.0, 2.0])


def test_z_may_be_a_list():
    z = [[1.0, 3.0, 3.0], [0.0, -1.0, 1.0]]
    assert ever_crossed(z, 2.0).tolist() == [True, False]
    assert looks_taken(z, [2.0, 2.5, 2.0]).tolist() == [2, 3]
