"""Rates over many seeds: means, ranks, rates, many tests, strata, plans, looks and posteriors."""

import numpy as np
import pytest

import lab_utils.experiment as ab

ALPHA = 0.05


def covers(interval, truth):
    return interval[0] <= truth <= interval[1]


def means_of(rng, shift=0.0):
    """Two skewed groups of unequal size and spread; the control's mean is 10."""
    control = rng.gamma(4, 2.5, 300)
    return ab.Sample.of(control), ab.Sample.of(rng.gamma(9, 10 / 9, 150) + shift)


def test_means_that_do_not_differ_alarm_at_alpha(calibration):
    rng = np.random.default_rng(21)
    seen = [ab.welch_test(*means_of(rng)) for _ in range(calibration.runs(500))]
    calibration.near([found.p_value < ALPHA for found in seen], ALPHA)
    assert all(covers(found.interval, 0) == (found.p_value >= ALPHA) for found in seen)


@pytest.mark.parametrize("side", ["greater", "less"])
def test_one_sided_means_alarm_at_alpha(calibration, side):
    rng = np.random.default_rng(22)
    seen = [ab.welch_test(*means_of(rng), alternative=side) for _ in range(calibration.runs(500))]
    calibration.near([found.p_value < ALPHA for found in seen], ALPHA)


def test_differences_and_lifts_are_covered(calibration):
    rng = np.random.default_rng(23)
    groups = [means_of(rng, shift=1.0) for _ in range(calibration.runs(500))]
    calibration.near([covers(ab.welch_test(*pair).interval, 1) for pair in groups], 0.95)
    calibration.near([covers(ab.relative_lift(*pair).interval, 0.1) for pair in groups], 0.95)


def test_lifts_that_are_none_alarm_at_alpha(calibration):
    rng = np.random.default_rng(24)
    seen = [ab.relative_lift(*means_of(rng)).p_value for _ in range(calibration.runs(500))]
    calibration.near(np.array(seen) < ALPHA, ALPHA)


def test_a_difference_on_the_bound_passes_as_equivalent_at_alpha(calibration):
    rng = np.random.default_rng(25)
    groups = [means_of(rng, shift=-1.5) for _ in range(calibration.runs(500))]
    same = [ab.equivalence_test(*pair, -1.5, 1.5).p_value < ALPHA for pair in groups]
    calibration.near(same, ALPHA)
    no_worse = [ab.non_inferiority_test(*pair, 1.5).p_value < ALPHA for pair in groups]
    calibration.near(no_worse, ALPHA)


@pytest.mark.parametrize("n", [8, 60])
def test_ranks_alarm_at_alpha(calibration, n):
    draws = np.random.default_rng(26).standard_cauchy((calibration.runs(500), 2, n))
    seen = [ab.mann_whitney_test(*pair).p_value <= ALPHA for pair in draws]
    calibration.near(seen, ALPHA)


def test_shuffles_alarm_at_alpha_whether_all_are_tried_or_some(calibration):
    draws = np.random.default_rng(27).exponential(1, (calibration.runs(300), 2, 6))
    seen = [ab.permutation_test(*pair).p_value <= ALPHA for pair in draws]
    # 23 of the 924 ways to deal 6 and 6 on either side: the most that fit into alpha
    calibration.near(seen, 2 * 23 / 924)
    draws = np.random.default_rng(28).exponential(1, (min(calibration.runs(300), 3_000), 2, 20))
    seen = [
        ab.permutation_test(*pair, seed=seed, shuffles=99).p_value <= ALPHA
        for seed, pair in enumerate(draws)
    ]
    # of 99 shuffles and the groups seen, the two most extreme on either side
    calibration.near(seen, 2 * 2 / 100)


def test_rates_never_alarm_more_often_than_alpha_and_are_covered(calibration):
    events = np.random.default_rng(29).poisson([30, 15], (calibration.runs(500), 2))
    seen = [ab.rate_test(x, 2_000, y, 1_000) for x, y in events]
    calibration.at_most([found.p_value <= ALPHA for found in seen], ALPHA)
    calibration.at_most([not covers(found.interval, 1) for found in seen], ALPHA)


def test_any_false_alarm_among_many_stays_at_alpha_by_holm(calibration):
    p_values = np.random.default_rng(30).random((calibration.runs(500), 5))
    calibration.near([any(ab.holm(row).rejected) for row in p_values], 1 - 0.99**5)


def test_false_alarms_are_their_share_of_alarms_by_benjamini_hochberg(calibration):
    rng = np.random.default_rng(31)
    p_values = rng.random((calibration.runs(500), 20))
    p_values[:, :5] = 1e-9
    shares = []
    for row in p_values:
        rejected = np.array(ab.benjamini_hochberg(row).rejected)
        shares.append(rejected[5:].sum() / rejected.sum())
    # 15 of 20 are true nulls; the share's own spread, as it is no yes or no
    error = 4 * np.std(shares, ddof=1) / len(shares) ** 0.5
    assert abs(np.mean(shares) - ALPHA * 15 / 20) < error


def paired(rng, n, effect=0.0):
    """Outcome and covariate; the covariate explains half of the variance."""
    before = rng.normal(0, 1, n)
    return before + rng.normal(effect, 1, n), before


@pytest.mark.parametrize("effect", [0.0, 0.2])
def test_a_covariate_leaves_alarms_and_coverage_as_they_are(calibration, effect):
    rng = np.random.default_rng(32)
    groups = [(paired(rng, 150), paired(rng, 150, effect)) for _ in range(calibration.runs(300))]
    seen = [ab.cuped_test(*pair) for pair in groups]
    calibration.near([covers(found.adjusted.interval, effect) for found in seen], 0.95)
    assert np.mean([found.variance_removed for found in seen]) == pytest.approx(0.5, abs=0.03)
    ends = [ab.ancova_test(*pair).interval for pair in groups]
    calibration.near([covers(pair, effect) for pair in ends], 0.95)


@pytest.mark.parametrize("odds_ratio", [1.0, 1.5])
def test_strata_alarm_at_alpha_and_the_common_odds_ratio_is_covered(calibration, odds_ratio):
    rng = np.random.default_rng(33)
    rates = np.array([0.1, 0.3, 0.6])
    odds = rates / (1 - rates) * odds_ratio
    seen = []
    for _ in range(calibration.runs(300)):
        control, treatment = rng.binomial(300, rates), rng.binomial(200, odds / (1 + odds))
        tables = {
            str(i): [[y, 200 - y], [x, 300 - x]]
            for i, (x, y) in enumerate(zip(control, treatment, strict=True))
        }
        seen.append(ab.mantel_haenszel(tables, correction=False))
    calibration.near([covers(found.interval, odds_ratio) for found in seen], 0.95)
    if odds_ratio == 1:
        calibration.near([found.p_value < ALPHA for found in seen], ALPHA)
        calibration.near([found.homogeneity_p_value < ALPHA for found in seen], ALPHA)
        calibration.at_most([found.simpson for found in seen], ALPHA)


@pytest.mark.parametrize("share", [0.5, 0.3, 0.1])
@pytest.mark.parametrize("sides", ["two-sided", "one-sided"])
def test_a_test_of_proportions_has_the_power_planned(calibration, share, sides):
    n, m = ab.users_for_proportions(0.5, 0.6, sides=sides, share_treatment=share).whole
    draws = np.random.default_rng(34).binomial([n, m], [0.5, 0.6], (calibration.runs(500), 2))
    side = "two-sided" if sides == "two-sided" else "greater"
    seen = [ab.z_test(x, n, y, m, side)[1] < ALPHA for x, y in draws]
    calibration.near(seen, 0.8)


def test_the_baseline_convention_plans_too_few_users_for_a_gain():
    n, m = ab.users_for_proportions(0.2, 0.25, convention="baseline").whole
    assert ab.power_of_proportions(0.2, 0.25, n, m) == pytest.approx(0.776, abs=0.001)


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_a_test_of_means_has_the_power_planned(calibration, share):
    n, m = ab.users_for_means(5, 10, share_treatment=share).whole
    rng = np.random.default_rng(35)
    seen = [
        ab.welch_test(
            ab.Sample.of(rng.normal(0, 10, n)), ab.Sample.of(rng.normal(5, 10, m))
        ).p_value
        < ALPHA
        for _ in range(calibration.runs(500))
    ]
    calibration.near(seen, ab.power_of_means(5, 10, n, m))


def visits_of(rng, users, rates):
    visits = rng.integers(1, 16, users)
    return rng.binomial(visits, rng.beta(*rates, users)), visits


def test_a_ratio_planned_from_a_log_has_its_power_with_repeat_visits(calibration):
    rng = np.random.default_rng(36)
    sd = ab.ratio_sd(*visits_of(rng, 200_000, (1.2, 8.8)))
    n, m = ab.users_for_means(0.03, sd).whole
    seen = [
        ab.compare_ratios(visits_of(rng, n, (1.2, 8.8)), visits_of(rng, m, (1.5, 8.5))).p_value
        < ALPHA
        for _ in range(calibration.runs(300))
    ]
    # the treatment's spread is a little above the control's, which the plan took for both
    sd_treatment = ab.ratio_sd(*visits_of(rng, 200_000, (1.5, 8.5)))
    both = ((sd**2 + sd_treatment**2) / 2) ** 0.5
    calibration.near(seen, ab.power_of_means(0.03, both, n, m))
