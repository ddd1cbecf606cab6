import numpy as np
import pytest

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.ranks import mann_whitney_test, permutation_test

CONTROL, TREATMENT = [1.1, 2.2, 3.3, 4.4, 9.0], [2.5, 5.5, 6.6, 7.7]
MICE = (
    [52, 104, 146, 10, 51, 30, 40, 27, 46],
    [94, 197, 16, 38, 99, 141, 23],
)
"""Efron & Tibshirani (1993), Table 2.1: the exact one-sided p-value is 1613 / 11440."""


def test_u_counts_the_pairs_in_which_the_treatment_is_higher():
    found = mann_whitney_test(CONTROL, TREATMENT)
    assert found.u == sum(y > x for x in CONTROL for y in TREATMENT)
    assert found.superiority == found.u / 20


def test_only_the_order_counts():
    cubed = mann_whitney_test(np.power(CONTROL, 3), np.power(TREATMENT, 3))
    assert cubed == mann_whitney_test(CONTROL, TREATMENT)


def test_ties_and_large_groups_turn_to_the_normal_approximation():
    assert mann_whitney_test(CONTROL, TREATMENT).exact
    assert not mann_whitney_test([1, 2, 2], [2, 3, 4]).exact
    assert not mann_whitney_test(range(0, 100, 2), range(1, 100, 2)).exact


def test_equal_values_are_no_evidence():
    assert mann_whitney_test([3, 3, 3], [3, 3]).p_value == 1


@pytest.mark.parametrize("seed", range(3))
def test_some_shuffles_come_near_all_of_them(seed, monkeypatch):
    monkeypatch.setattr("lab_utils.experiment.ranks.ALL_SHUFFLES_UP_TO", 0)
    found = permutation_test(*MICE, "greater", seed=seed)
    exact = 1613 / 11440
    assert not found.exact
    assert found.p_value == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 9_999) ** 0.5)


def test_the_same_seed_shuffles_the_same_way():
    groups = np.random.default_rng(1).random((2, 30))
    one, same, other = (permutation_test(*groups, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_sampled_shuffles_never_make_a_difference_impossible():
    found = permutation_test(range(30), range(100, 130), shuffles=99)
    assert found.p_value == pytest.approx(2 / 100)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: mann_whitney_test([], [1]),
        lambda: mann_whitney_test([1, float("nan")], [1]),
        lambda: permutation_test([1], [2]),
        lambda: permutation_test([1], [2, 3]),
        lambda: mann_whitney_test([1, 2], [2, 3], "larger"),
        lambda: mann_whitney_test(["a", "b"], [2, 3]),
        lambda: permutation_test([1, 2], [2, 3], "one-sided"),
        lambda: permutation_test([1, 2], [2, 3], shuffles=0),
        lambda: permutation_test([[1, 2]], [2, 3]),
    ],
)
def test_what_has_no_order_is_refused(refused):
    with pytest.raises(BadArgument, match="Next: "):
        refused()


def test_the_order_of_users_does_not_change_what_shuffles_show():
    control, treatment = np.arange(300) % 2, np.arange(200) % 3
    found = permutation_test(control, treatment, shuffles=200)
    again = permutation_test(control[::-1], treatment[::-1], shuffles=200)
    assert (found.p_value, found.differences.max()) == (again.p_value, again.differences.max())
