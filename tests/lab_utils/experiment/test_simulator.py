from functools import partial

import numpy as np
import pytest
from balancer.strategies import sticky

from lab_utils.experiment import (
    BadArgument,
    Experiment,
    Mean,
    Proportion,
    intraclass_correlation,
    simulated_log,
)


def assigned(salt):
    return partial(sticky, {"a": 70, "b": 30}, salt)


def plan(metric):
    return Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=metric)


def test_the_truth_is_found_again():
    rates = {"a": 0.2, "b": 0.3}
    log = simulated_log(assigned("truth"), rates, users=30_000, visits_per_user=3)
    seen = plan(Proportion("outcome")).analyze(log).primary.comparison
    for value, rate, error in (
        (seen.control, 0.2, seen.control_interval),
        (seen.treatment, 0.3, seen.treatment_interval),
    ):
        assert abs(value - rate) < 2 * (error[1] - error[0])
    assert intraclass_correlation(log["outcome"], log["user_id"]) == pytest.approx(0.1, abs=0.02)


def test_a_user_meets_one_variant_as_the_balancer_has_it():
    log = simulated_log(assigned("spring"), {"a": 0.2, "b": 0.2}, users=300, visits_per_user=4)
    assert (log.groupby("user_id")["variant"].nunique() == 1).all()
    assert (log["variant"] == log["user_id"].map(assigned("spring"))).all()


def test_another_salt_splits_the_same_users_otherwise():
    logs = [simulated_log(assigned(salt), {"a": 0.2, "b": 0.2}, seed=1) for salt in ("x", "y")]
    assert logs[0].drop(columns="variant").equals(logs[1].drop(columns="variant"))
    assert not logs[0]["variant"].equals(logs[1]["variant"])


@pytest.mark.parametrize(
    "metric", [Proportion("outcome"), Mean("outcome"), Mean("outcome", covariate="before")]
)
def test_the_balancers_own_split_alarms_at_alpha(calibration, metric):
    alarms = []
    for salt in range(calibration.runs(60)):
        log = simulated_log(
            assigned(str(salt)), {"a": 0.2, "b": 0.2}, users=500, visits_per_user=3, seed=salt
        )
        found = plan(metric).analyze(log, on_srm="warn")
        alarms.append(found.primary.comparison.p_value < 0.05)
    calibration.near(alarms, 0.05)


def test_users_come_one_time_and_more():
    log = simulated_log(assigned("v"), {"a": 0.2, "b": 0.2}, users=5_000, visits_per_user=3)
    visits = log["user_id"].value_counts()
    assert visits.min() == 1
    assert visits.mean() == pytest.approx(3, abs=4 * visits.std() / 5_000**0.5)
    assert log["timestamp"].is_monotonic_increasing


def test_a_slow_variant_is_as_much_slower_as_it_was_told():
    log = simulated_log(assigned("slow"), {"a": 0.2, "b": 0.2}, users=20_000, slower={"b": 1.5})
    medians = np.log(log["latency_ms"]).groupby(log["variant"]).mean()
    assert np.exp(medians["b"] - medians["a"]) == pytest.approx(1.5, rel=0.02)


@pytest.mark.parametrize(
    "bad", [{"users": 0}, {"icc": 0}, {"visits_per_user": 0.5}, {"rates": {"a": 0.2}}, {"days": 0}]
)
def test_a_world_that_cannot_be_is_refused(bad):
    with pytest.raises(BadArgument, match="Next: "):
        simulated_log(assigned("bad"), **{"rates": {"a": 0.2, "b": 0.2}, **bad})
