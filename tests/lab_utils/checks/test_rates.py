import pandas as pd
import pytest

from lab_utils.checks.rates import difference, difference_without_the_slow, weighted_difference


def rows(*groups):
    """Visits as (variant, week, visits, successes)."""
    return pd.DataFrame(
        [
            {"variant": variant, "week": week, "outcome": float(number < won)}
            for variant, week, n, won in groups
            for number in range(n)
        ]
    )


TWO_WEEKS = rows(("a", 1, 90, 45), ("b", 1, 10, 6), ("a", 2, 50, 5), ("b", 2, 50, 10))


def test_a_difference_is_b_minus_a():
    assert difference(TWO_WEEKS) == pytest.approx(16 / 60 - 50 / 140)


def test_weeks_that_each_have_the_same_difference_have_it_together():
    for equal in (True, False):
        assert weighted_difference(TWO_WEEKS, "week", equal=equal) == pytest.approx(0.1)


def test_a_part_in_which_a_variant_is_rare_tells_less():
    weeks = rows(("a", 1, 90, 45), ("b", 1, 10, 10), ("a", 2, 50, 5), ("b", 2, 50, 5))
    assert weighted_difference(weeks, "week", equal=True) == pytest.approx(0.25)
    assert weighted_difference(weeks, "week") == pytest.approx(0.5 * 9 / (9 + 25))


def test_as_large_a_part_of_a_is_dropped_as_b_has_lost():
    visits = pd.DataFrame(
        {
            "variant": ["a"] * 4 + ["b"] * 4,
            "latency_ms": [1.0, 2, 3, 4] * 2,
            "outcome": [1.0, 1, 0, 0, 1, 1, 0, 0],
            "lost": [False] * 6 + [True] * 2,
        }
    )
    assert difference(visits) == 0
    assert difference_without_the_slow(visits) == 0
    assert difference(visits[~visits["lost"]]) == 0.5
