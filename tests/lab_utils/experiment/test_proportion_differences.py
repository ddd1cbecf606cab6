import numpy as np
import pytest
from scipy import stats

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.proportion_differences import (
    agresti_caffo_interval,
    miettinen_nurminen_interval,
    newcombe_interval,
    odds_ratio,
    pooled_interval,
    risk_ratio,
    wald_difference_interval,
)
from lab_utils.experiment.proportions import z_test

INTERVALS = [
    agresti_caffo_interval,
    miettinen_nurminen_interval,
    newcombe_interval,
    pooled_interval,
    wald_difference_interval,
]


@pytest.mark.parametrize(
    ("groups", "ends"),
    [
        ((48, 80, 56, 70), (0.0524, 0.3339)),
        ((3, 10, 9, 10), (0.1705, 0.8090)),
        ((0, 20, 0, 10), (-0.1611, 0.2775)),
        ((0, 20, 10, 10), (0.6791, 1.0)),
        ((0, 10, 10, 10), (0.6075, 1.0)),
    ],
)
def test_published_intervals_of_a_difference(groups, ends):
    # Newcombe (1998), Stat Med 17:873-890, Table II, method 10: rows a, b, e, g, h
    assert newcombe_interval(*groups) == pytest.approx(ends, abs=5.1e-5)


@pytest.mark.parametrize("groups", [(3, 10, 9, 10), (0, 29, 5, 56), (3, 1000, 0, 7)])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_the_score_interval_ends_where_the_likelihood_says(groups, alpha):
    x_control, n_control, x_treatment, n_treatment = groups
    n, z = n_control + n_treatment, stats.norm.isf(alpha / 2)
    for end in miettinen_nurminen_interval(*groups, alpha):
        share = np.linspace(max(0, -end), min(1, 1 - end), 200_001)
        other = np.clip(share + end, 0, 1)
        likelihood = stats.binom.logpmf(x_control, n_control, share)
        best = np.argmax(likelihood + stats.binom.logpmf(x_treatment, n_treatment, other))
        p, q = share[best], other[best]
        variance = (p * (1 - p) / n_control + q * (1 - q) / n_treatment) * n / (n - 1)
        off = x_treatment / n_treatment - x_control / n_control - end
        assert abs(off) / variance**0.5 == pytest.approx(z, abs=2e-4)


@pytest.mark.parametrize("interval", INTERVALS)
def test_groups_that_change_places_turn_the_interval_around(interval):
    low, high = interval(3, 20, 9, 25)
    assert interval(9, 25, 3, 20) == pytest.approx((-high, -low))


@pytest.mark.parametrize("interval", INTERVALS)
def test_with_many_users_all_intervals_agree(interval):
    low, high = interval(120_000, 1_000_000, 121_000, 1_000_000)
    assert (low, high) == pytest.approx((0.0000983, 0.0019017), abs=2e-6)


@pytest.mark.parametrize("interval", [miettinen_nurminen_interval, newcombe_interval])
@pytest.mark.parametrize(
    "groups", [(0, 10, 0, 10), (0, 5, 7, 7), (3, 3, 0, 9), (5, 5, 5, 5), (0, 1, 1, 1), (0, 9, 4, 9)]
)
def test_score_intervals_stay_within_what_a_difference_can_be(interval, groups):
    low, high = interval(*groups)
    seen = groups[2] / groups[3] - groups[0] / groups[1]
    assert -1 <= low <= seen <= high <= 1
    assert high - low > 0.4


def test_the_score_interval_is_the_closed_form_where_there_is_one():
    # 0/10 twice: the treatment's share is d, so 9.5 d = z^2 (1 - d); none against all: the
    # shares are (1 - d) / 2 and (1 + d) / 2, so 19 (1 - d) = z^2 (1 + d)
    z2 = 1.959963984540054**2
    end = z2 / (9.5 + z2)
    assert miettinen_nurminen_interval(0, 10, 0, 10) == pytest.approx((-end, end))
    assert miettinen_nurminen_interval(0, 10, 10, 10)[0] == pytest.approx((19 - z2) / (19 + z2))


def test_the_score_interval_ends_where_the_score_test_rejects():
    groups = (30, 200, 47, 210)
    _, p_value = z_test(*groups)
    n = groups[1] + groups[3]
    low, _ = miettinen_nurminen_interval(*groups, alpha=p_value)
    # at no difference the restricted shares are the pooled one, up to N/(N - 1)
    assert low == pytest.approx(0, abs=0.1 / n)


def test_ratios_of_groups_that_change_places_are_inverse():
    for ratio in (risk_ratio, odds_ratio):
        one, other = ratio(10, 100, 20, 110), ratio(20, 110, 10, 100)
        assert one.ratio == pytest.approx(1 / other.ratio)
        assert one.interval[0] == pytest.approx(1 / other.interval[1])
        assert one.p_value == pytest.approx(other.p_value)


def test_rare_successes_make_odds_and_risk_alike():
    groups = (100, 100_000, 150, 100_000)
    assert odds_ratio(*groups).ratio == pytest.approx(risk_ratio(*groups).ratio, rel=0.001)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: risk_ratio(0, 10, 5, 10),
        lambda: odds_ratio(5, 10, 10, 10),
        *(lambda interval=interval: interval(11, 10, 1, 10) for interval in INTERVALS),
        *(lambda interval=interval: interval(1, 10, 1, 10, 0) for interval in INTERVALS),
    ],
)
def test_what_has_no_interval_is_refused(refused):
    with pytest.raises(BadArgument, match="Next: "):
        refused()
