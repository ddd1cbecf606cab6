"""Rates over many seeds, each within four standard errors of what was promised."""

import math

import numpy as np
import pytest

from lab_utils.experiment.proportions import compare_proportions
from lab_utils.experiment.quantiles import compare_quantiles
from lab_utils.experiment.ratios import compare_ratios
from lab_utils.experiment.sample_ratio import THRESHOLD, chi_square

ALPHA = 0.05


def assert_rate(seen, promised, runs):
    assert abs(seen - promised) <= 4 * math.sqrt(promised * (1 - promised) / runs)


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.7])
def test_proportions_that_do_not_differ_alarm_at_alpha_and_are_covered(rate):
    runs, n_control, n_treatment = 2_000, 470, 201
    rng = np.random.default_rng(11)
    draws = zip(
        rng.binomial(n_control, rate, runs), rng.binomial(n_treatment, rate, runs), strict=True
    )
    seen = [compare_proportions(x, n_control, y, n_treatment, ALPHA) for x, y in draws]
    assert_rate(np.mean([c.p_value < ALPHA for c in seen]), ALPHA, runs)
    assert_rate(np.mean([c.interval[0] <= 0 <= c.interval[1] for c in seen]), 1 - ALPHA, runs)


def test_the_interval_covers_a_true_difference():
    runs, n_control, n_treatment = 2_000, 470, 201
    rng = np.random.default_rng(12)
    draws = zip(
        rng.binomial(n_control, 0.7, runs), rng.binomial(n_treatment, 0.3, runs), strict=True
    )
    ends = [compare_proportions(x, n_control, y, n_treatment).interval for x, y in draws]
    assert_rate(np.mean([low <= -0.4 <= high for low, high in ends]), 0.95, runs)


def visits_of(rng, users):
    """Visits and successes of users who each have a rate of their own (ICC about 0.1)."""
    visits = rng.integers(1, 16, users)
    return rng.binomial(visits, rng.beta(1.08, 7.92, users)), visits


def test_repeat_visits_alarm_at_alpha_by_the_delta_method():
    runs, rng = 2_000, np.random.default_rng(13)
    alarms = [
        compare_ratios(visits_of(rng, 700), visits_of(rng, 300)).p_value < ALPHA
        for _ in range(runs)
    ]
    assert_rate(np.mean(alarms), ALPHA, runs)


def test_the_p95_of_repeat_visits_alarms_at_alpha_by_resampling_users():
    runs, rng = 100, np.random.default_rng(14)

    def group(users):
        slow = rng.normal(0, 0.7, users).repeat(4)
        return np.exp(slow + rng.normal(0, 0.3, users * 4)), np.arange(users).repeat(4)

    alarms = [
        compare_quantiles(group(110), group(90), 0.95, seed=seed).p_value < ALPHA
        for seed in range(runs)
    ]
    assert_rate(np.mean(alarms), ALPHA, runs)


def test_a_fair_split_alarms_at_the_threshold():
    runs, users = 200_000, 671
    to_a = np.random.default_rng(15).binomial(users, 0.7, runs)
    _, p_values = chi_square(np.stack([to_a, users - to_a], axis=-1), [0.7, 0.3])
    assert_rate(np.mean(p_values < THRESHOLD), THRESHOLD, runs)
