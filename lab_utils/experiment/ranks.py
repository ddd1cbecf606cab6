"""Tests that take the order of values, or their shuffling, instead of a distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lab_utils.experiment.arguments import one_of, values_of, whole
from lab_utils.experiment.comparison import Alternative

EXACT_BELOW = 50
"""Users a group below which, without ties, Mann-Whitney is computed exactly (as R does)."""

SHUFFLES = 9_999
"""Shuffles where there are too many to try all: p = 0.05 is then known to about 0.002."""

ALL_SHUFFLES_UP_TO = 200_000
"""So many ways to deal users into groups are all tried."""


@dataclass(frozen=True)
class RankTest:
    """Mann-Whitney's U.

    Attributes:
        u: in how many pairs of users the treatment's value is higher; ties count one half.
        superiority: `u` as a share of all pairs, 0.5 where neither group tends to be higher.
        p_value: of both groups having the same distribution.
        exact: whether the p-value is from all orders, or from the normal approximation.
    """

    u: float
    superiority: float
    p_value: float
    exact: bool


@dataclass(frozen=True)
class PermutationTest:
    """A difference held against the differences that shuffled groups show.

    Attributes:
        difference: mean of treatment minus mean of control.
        p_value: the share of shuffles at least as extreme; two-sided, twice the smaller tail.
        shuffles: how many were tried.
        exact: whether they are all there are.
        differences: shape (shuffles,), what each of them made of the same values.
    """

    difference: float
    p_value: float
    shuffles: int
    exact: bool
    differences: NDArray[np.float64] = field(repr=False, compare=False)


def mann_whitney_test(
    control: ArrayLike, treatment: ArrayLike, alternative: Alternative = "two-sided"
) -> RankTest:
    """Mann-Whitney's U (Wilcoxon's rank sum): does one group tend to have higher values?

    Mann & Whitney (1947). Exact where both groups have fewer than 50 users and no value occurs
    twice, else normal with corrections for ties and continuity (R `wilcox.test`). It is no test
    of medians or means: groups of one mean but other spreads are told apart too.

    >>> mann_whitney_test([1, 2, 3], [4, 5, 6], "greater").p_value
    0.05

    Args:
        control: shape (users,), one value each.
        treatment: shape (users,).
        alternative: "greater" asks whether the treatment tends to be higher.

    Raises:
        BadArgument: no values, or some that are no finite numbers.
    """
    old, new = values_of("control", control), values_of("treatment", treatment)
    one_of("alternative", alternative, get_args(Alternative))
    together = np.concatenate([old, new])
    exact = max(old.size, new.size) < EXACT_BELOW and np.unique(together).size == together.size
    if np.ptp(together) == 0:
        # all tied: the normal approximation would divide by 0
        return RankTest(old.size * new.size / 2, 0.5, 1.0, exact=False)
    found = stats.mannwhitneyu(
        new, old, alternative=alternative, method="exact" if exact else "asymptotic"
    )
    u = float(found.statistic)
    return RankTest(u, u / (old.size * new.size), float(found.pvalue), exact)


def permutation_test(
    control: ArrayLike,
    treatment: ArrayLike,
    alternative: Alternative = "two-sided",
    seed: int = 0,
    shuffles: int = SHUFFLES,
) -> PermutationTest:
    """The difference of means against all, or many, other ways to deal the same users.

    Fisher (1935), Pitman (1937). All ways are tried where there are few. Where they are sampled
    the group seen counts as one of them, so that p is never 0 (Phipson & Smyth 2010).

    >>> found = permutation_test([1, 2, 3], [4, 5, 6], "greater")
    >>> found.p_value, found.shuffles
    (0.05, 20)

    Args:
        control: shape (users,), one value each; for repeat visits, the user's mean.
        treatment: shape (users,).
        alternative: what treatment minus control is tested for.
        seed: of the shuffles, where they are sampled.
        shuffles: how many to sample.

    Raises:
        BadArgument: fewer than two users in a group, values that are no finite numbers, no
            shuffles.
    """
    old, new = values_of("control", control, 2), values_of("treatment", treatment, 2)
    shuffles = whole("shuffles", shuffles, 1)
    one_of("alternative", alternative, get_args(Alternative))
    # the order in which users came must not matter to which shuffles are drawn
    old, new = np.sort(old), np.sort(new)

    def difference(
        a: NDArray[np.float64], b: NDArray[np.float64], axis: int
    ) -> NDArray[np.float64]:
        return np.asarray(a.mean(axis=axis) - b.mean(axis=axis))

    few = math.comb(old.size + new.size, new.size) <= ALL_SHUFFLES_UP_TO
    found = stats.permutation_test(
        (new, old),
        difference,
        vectorized=True,
        n_resamples=np.inf if few else shuffles,
        batch=10_000,
        alternative=alternative,
        rng=np.random.default_rng(seed),
    )
    by_chance = np.asarray(found.null_distribution)
    return PermutationTest(
        float(found.statistic), float(found.pvalue), by_chance.size, few, by_chance
    )
