"""Rates over many seeds: a whole experiment on repeat visits, and plans not tried elsewhere."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import lab_utils.experiment as ab

ALPHA = 0.05
PLAN = {"a": 0.7, "b": 0.3}


def visits_of(rng, users, effect=0.0):
    """A log of users with a rate and a speed of their own, four visits each on average."""
    variant = np.where(rng.random(users) < PLAN["b"], "b", "a")
    rate = np.clip(rng.beta(1.2, 8.8, users) + effect * (variant == "b"), 0, 1)
    who = np.arange(users).repeat(rng.integers(1, 8, users))
    slow = rng.normal(3, 0.5, users)[who]
    return pd.DataFrame(
        {
            "user_id": who,
            "variant": variant[who],
            "outcome": (rng.random(who.size) < rate[who]).astype(float),
            "latency_ms": np.exp(slow + rng.normal(0, 0.3, who.size)),
        }
    )


def analyses(calibration, few, seed, metrics, users=600, effect=0.0):
    primary, *guardrails = metrics
    experiment = ab.Experiment(plan=PLAN, control="a", primary=primary, guardrails=guardrails)
    rng = np.random.default_rng(seed)
    for _ in range(calibration.runs(few)):
        log = visits_of(rng, users, effect)
        yield experiment.analyze(log, on_srm="warn").table


def test_an_experiment_without_a_difference_alarms_at_alpha_on_each_metric(calibration):
    metrics = [ab.Proportion("outcome"), ab.Mean("latency_ms"), ab.Ratio("latency_ms")]
    tables = list(analyses(calibration, 300, 61, metrics))
    for row in range(3):
        calibration.near([table["p_value"][row] < ALPHA for table in tables], ALPHA)
        lifts = [(table["rel_ci_low"][row], table["rel_ci_high"][row]) for table in tables]
        calibration.near([low <= 0 <= high for low, high in lifts], 1 - ALPHA)
    # of three metrics at once, by Holm's p-values: at most alpha, as two of them hang together
    calibration.at_most([table["p_adjusted"].min() < ALPHA for table in tables], ALPHA)


def test_a_true_difference_of_an_experiment_is_covered(calibration):
    # the clip at 1 takes nothing away: rates reach 0.9 once in a million users
    tables = analyses(calibration, 300, 62, [ab.Proportion("outcome")], effect=0.05)
    ends = [(table["ci_low"][0], table["ci_high"][0]) for table in tables]
    calibration.near([low <= 0.05 <= high for low, high in ends], 0.95)


def test_a_segment_that_does_not_differ_rarely_stands_out_among_many(calibration):
    rng, alarms = np.random.default_rng(63), []
    experiment = ab.Experiment(plan=PLAN, control="a", primary=ab.Proportion("outcome"))
    for _ in range(calibration.runs(40)):
        log = visits_of(rng, 1_500)
        parts = ab.segments(
            experiment, log.assign(device=log["user_id"] % 4), by="device", on_srm="warn"
        )
        alarms.append(parts.table["significant"].any())
    calibration.at_most(alarms, ALPHA)


def test_an_experiment_watched_daily_never_leaves_the_always_valid_band_too_often(calibration):
    """One visit a user: what the band assumes."""
    rng, alarms = np.random.default_rng(64), []
    experiment = ab.Experiment(plan=PLAN, control="a", primary=ab.Proportion("outcome"))
    for _ in range(calibration.runs(25)):
        users = 2_000
        log = pd.DataFrame(
            {
                "user_id": np.arange(users),
                "variant": np.where(rng.random(users) < PLAN["b"], "b", "a"),
                "outcome": (rng.random(users) < 0.2).astype(float),
                "timestamp": pd.date_range("2026-03-01", periods=users, freq="10min", tz="UTC"),
            }
        )
        table = experiment.over_time(log, "1D", on_srm="warn").table
        alarms.append(((table["valid_low"] > 0) | (table["valid_high"] < 0)).any())
    calibration.at_most(alarms, ALPHA)


def test_the_difference_of_p95_is_covered_by_resampling_users(calibration):
    runs, rng = min(calibration.runs(80), 800), np.random.default_rng(65)

    def group(users, scale):
        slow = rng.normal(0, 0.5, users).repeat(3)
        return scale * np.exp(slow + rng.normal(0, 0.3, users * 3)), np.arange(users).repeat(3)

    # the log of a visit is normal with variance 0.5^2 + 0.3^2
    truth = (1.2 - 1.0) * np.exp(1.6448536 * np.hypot(0.5, 0.3))
    ends = [
        ab.compare_quantiles(group(300, 1.0), group(200, 1.2), 0.95, seed=seed).interval
        for seed in range(runs)
    ]
    calibration.near([low <= truth <= high for low, high in ends], 0.95)


@pytest.mark.parametrize("looks", [3, 6])
def test_the_nominal_level_keeps_alpha_over_all_looks(calibration, looks):
    bound = stats.norm.isf(ab.nominal_level(looks) / 2)
    steps = np.random.default_rng(66).normal(0, 1, (calibration.runs(10_000), looks))
    z = steps.cumsum(axis=1) / np.sqrt(np.arange(1, looks + 1))
    calibration.near((np.abs(z) > bound).any(axis=1), ALPHA)


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_the_effect_planned_for_by_h_is_found_as_often_as_planned(calibration, share):
    n, m = ab.users_for_effect(ab.cohens_h(0.6, 0.5), share_treatment=share).whole
    draws = np.random.default_rng(67).binomial([n, m], [0.5, 0.6], (calibration.runs(500), 2))
    seen = [ab.z_test(x, n, y, m)[1] < ALPHA for x, y in draws]
    calibration.near(seen, ab.effect_power(ab.cohens_h(0.6, 0.5), n, m))


def test_what_is_called_detectable_is_detected_as_often_as_planned(calibration):
    runs, rng = calibration.runs(500), np.random.default_rng(68)
    rate = ab.detectable_proportion(0.4, 900, 600)
    draws = rng.binomial([900, 600], [0.4, rate], (runs, 2))
    calibration.near([ab.z_test(x, 900, y, 600)[1] < ALPHA for x, y in draws], 0.8)
    difference = ab.detectable_difference(2.0, 90, 60)
    seen = [
        ab.welch_test(
            ab.Sample.of(rng.normal(0, 2, 90)), ab.Sample.of(rng.normal(difference, 2, 60))
        ).p_value
        < ALPHA
        for _ in range(runs)
    ]
    calibration.near(seen, 0.8)
