"""Rates over many seeds: false alarms at alpha, intervals that cover, within 4 standard errors.

LAB_CALIBRATION=long makes them forty times as many.
"""

import math

import numpy as np
import pytest
from scipy import stats

import lab_utils.experiment as ab
from lab_utils.experiment.sample_ratio import THRESHOLD, chi_square

ALPHA = 0.05


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.7])
def test_proportions_that_do_not_differ_alarm_at_alpha_and_are_covered(calibration, rate):
    runs, n_control, n_treatment = calibration.runs(500), 470, 201
    rng = np.random.default_rng(11)
    draws = zip(
        rng.binomial(n_control, rate, runs), rng.binomial(n_treatment, rate, runs), strict=True
    )
    seen = [ab.compare_proportions(x, n_control, y, n_treatment, ALPHA) for x, y in draws]
    calibration.near([c.p_value < ALPHA for c in seen], ALPHA)
    calibration.near([c.interval[0] <= 0 <= c.interval[1] for c in seen], 1 - ALPHA)


@pytest.mark.parametrize(
    "interval",
    [
        ab.newcombe_interval,
        ab.miettinen_nurminen_interval,
        ab.agresti_caffo_interval,
        ab.wald_difference_interval,
    ],
)
def test_the_interval_covers_a_true_difference(calibration, interval):
    runs, n_control, n_treatment = calibration.runs(500), 470, 201
    rng = np.random.default_rng(12)
    draws = zip(
        rng.binomial(n_control, 0.5, runs), rng.binomial(n_treatment, 0.4, runs), strict=True
    )
    ends = [interval(x, n_control, y, n_treatment) for x, y in draws]
    calibration.near([low <= -0.1 <= high for low, high in ends], 0.95)


def test_the_pooled_interval_covers_no_difference(calibration):
    runs, rng = calibration.runs(500), np.random.default_rng(13)
    draws = rng.binomial([900, 400], 0.3, (runs, 2))
    ends = [ab.pooled_interval(x, 900, y, 400) for x, y in draws]
    calibration.near([low <= 0 <= high for low, high in ends], 0.95)


@pytest.mark.parametrize(
    ("multiple", "truth"), [(ab.risk_ratio, 1.5), (ab.odds_ratio, (0.3 / 0.7) / (0.2 / 0.8))]
)
def test_ratios_are_covered(calibration, multiple, truth):
    draws = np.random.default_rng(14).binomial([900, 600], [0.2, 0.3], (calibration.runs(500), 2))
    ends = [multiple(x, 900, y, 600).interval for x, y in draws]
    calibration.near([low <= truth <= high for low, high in ends], 0.95)


def chances(n, rate):
    """The probability of each number of successes."""
    return np.array([math.comb(n, x) * rate**x * (1 - rate) ** (n - x) for x in range(n + 1)])


@pytest.mark.parametrize("test", [ab.fisher_test, ab.barnard_test, ab.yates_test])
@pytest.mark.parametrize("side", ["two-sided", "greater"])
def test_exact_tests_never_alarm_more_often_than_alpha(test, side):
    n, m = 9, 8
    sides = () if test is ab.yates_test else (side,)
    alarms = np.array(
        [[test(x, n, y, m, *sides)[1] <= ALPHA for y in range(m + 1)] for x in range(n + 1)]
    )
    for rate in (0.05, 0.2, 0.5, 0.8):
        assert 0 < chances(n, rate) @ alarms @ chances(m, rate) <= ALPHA


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.37, 0.5, 0.93])
def test_the_exact_interval_covers_at_least_what_it_promises(rate):
    ends = [ab.clopper_pearson_interval(x, 40) for x in range(41)]
    assert chances(40, rate) @ [low <= rate <= high for low, high in ends] >= 0.95


@pytest.mark.parametrize("interval", [ab.wilson_interval, ab.wald_interval])
def test_intervals_of_one_proportion_cover_away_from_the_edges(interval):
    ends = [interval(x, 400) for x in range(401)]
    covered = [
        chances(400, rate) @ [low <= rate <= high for low, high in ends]
        for rate in np.linspace(0.3, 0.7, 41)
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.002)


def visits_of(rng, users, rates=(1.08, 7.92)):
    """Visits and successes of users who each have a rate of their own (ICC about 0.1)."""
    visits = rng.integers(1, 16, users)
    return rng.binomial(visits, rng.beta(*rates, users)), visits


def rows_of(won, visits):
    """One row per visit, and whose it was."""
    users = np.arange(visits.size).repeat(visits)
    nth = np.arange(visits.sum()) - (visits.cumsum() - visits).repeat(visits)
    return (nth < won[users]).astype(float), users


def by_ratios(control, treatment):
    return ab.compare_ratios(control, treatment).p_value


def by_clusters(control, treatment):
    return ab.cluster_robust_test(rows_of(*control), rows_of(*treatment)).p_value


@pytest.mark.parametrize("test", [by_ratios, by_clusters])
def test_repeat_visits_alarm_at_alpha_when_users_are_the_unit(calibration, test):
    rng = np.random.default_rng(15)
    alarms = [
        test(visits_of(rng, 700), visits_of(rng, 300)) < ALPHA for _ in range(calibration.runs(400))
    ]
    calibration.near(alarms, ALPHA)


def test_repeat_visits_alarm_as_the_design_effect_says_when_rows_are_the_unit(calibration):
    rng = np.random.default_rng(16)
    totals = [
        [x.sum() for x in (*visits_of(rng, 700), *visits_of(rng, 300))]
        for _ in range(calibration.runs(400))
    ]
    # visits are 1 to 15, the ICC of these rates is 1 / (1.08 + 7.92 + 1)
    effect = ab.design_effect(8, 0.1, cv=np.arange(1, 16).std() / 8)
    alarms = 2 * stats.norm.sf(stats.norm.isf(ALPHA / 2) / effect**0.5)
    assert alarms > 3 * ALPHA
    calibration.near([ab.z_test(*groups)[1] < ALPHA for groups in totals], alarms)


def test_the_p95_of_repeat_visits_alarms_at_alpha_by_resampling_users(calibration):
    runs, rng = min(calibration.runs(100), 1_000), np.random.default_rng(17)

    def group(users):
        slow = rng.normal(0, 0.7, users).repeat(4)
        return np.exp(slow + rng.normal(0, 0.3, users * 4)), np.arange(users).repeat(4)

    alarms = [
        ab.compare_quantiles(group(110), group(90), 0.95, seed=seed).p_value < ALPHA
        for seed in range(runs)
    ]
    calibration.near(alarms, ALPHA)


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_intervals_between_ranks_cover_what_they_say(calibration, q):
    rng, truth = np.random.default_rng(18), -math.log(1 - q)
    seen = [ab.quantile_interval(rng.exponential(1, 150), q) for _ in range(calibration.runs(500))]
    covered = [found.low <= truth <= found.high for found in seen]
    assert seen[0].coverage >= 0.95
    calibration.near(covered, seen[0].coverage)


def test_a_fair_split_alarms_at_the_threshold():
    runs, users = 200_000, 671
    to_a = np.random.default_rng(19).binomial(users, 0.7, runs)
    _, p_values = chi_square(np.stack([to_a, users - to_a], axis=-1), [0.7, 0.3])
    error = 4 * math.sqrt(THRESHOLD * (1 - THRESHOLD) / runs)
    assert abs(np.mean(p_values < THRESHOLD) - THRESHOLD) <= error


def test_a_fair_share_lies_where_chance_puts_it(calibration):
    low, high = ab.share_by_chance(5_000, 0.7)
    shares = np.random.default_rng(20).binomial(5_000, 0.7, calibration.runs(2_000)) / 5_000
    calibration.near((low <= shares) & (shares <= high), 0.95)
