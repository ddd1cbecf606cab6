"""Sample-ratio mismatch: do the users seen fit the split that was planned?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lab_utils.experiment.arguments import Array, at_least, open_share, values_of
from lab_utils.experiment.comparison import Interval
from lab_utils.experiment.errors import BadArgument

THRESHOLD = 0.001
"""Below this p-value the split is taken for broken (Fabijan et al., KDD 2019). Stricter than
alpha, because the check runs on every experiment and a false alarm throws all data away."""


@dataclass(frozen=True)
class SampleRatio:
    """Users seen against users planned.

    Attributes:
        statistic: chi-square.
        p_value: how often chance alone would be at least this far from the plan.
    """

    statistic: float
    p_value: float

    @property
    def mismatch(self) -> bool:
        """Whether chance is no longer a believable explanation."""
        return self.p_value < THRESHOLD


def sample_ratio(counts: Sequence[int], planned: Sequence[float]) -> SampleRatio:
    """Chi-square goodness of fit of users per variant to the planned shares.

    Pearson (1900); as a check of experiments Fabijan et al. (2019). For any number of variants.

    >>> round(sample_ratio([821_588, 815_482], [0.5, 0.5]).p_value, 9)
    1.822e-06

    Args:
        counts: users seen per variant.
        planned: planned share of each variant, in the same order; sums to 1.

    Raises:
        BadArgument: no users, counts below 0, shares that do not fit them or do not sum to 1.
    """
    seen, shares = counts_and_plan(counts, planned)
    at_least("the number of users", seen.sum(), 1)
    statistic, p_value = chi_square(seen, shares)
    return SampleRatio(float(statistic), float(p_value))


def counts_and_plan(counts: Sequence[int], planned: Sequence[float]) -> tuple[Array, Array]:
    """Users per variant and their planned shares; else `BadArgument`."""
    seen, shares = values_of("counts", counts, 2), values_of("planned", planned, 2)
    if seen.shape != shares.shape or (seen < 0).any():
        raise BadArgument(f"counts are {list(counts)} for shares {list(planned)}", "give one each")
    if (shares <= 0).any() or not math.isclose(shares.sum(), 1):
        raise BadArgument(f"the planned shares are {list(planned)}", "give shares that sum to 1")
    return seen, shares


def chi_square(
    counts: NDArray[np.int64] | Array, planned: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Statistic and p-value for one experiment or many: counts of shape (..., variants)."""
    expected = counts.sum(axis=-1, keepdims=True) * np.asarray(planned, dtype=float)
    statistic, p_value = stats.chisquare(counts, expected, axis=-1)
    return statistic, p_value


def share_by_chance(n: int, planned: float, alpha: float = 0.05) -> Interval:
    """Between which shares of n users a variant planned at `planned` lies by chance.

    Normal approximation around the planned share, at confidence 1 - alpha.

    Raises:
        BadArgument: no user; a share or alpha outside 0 to 1.
    """
    at_least("n", n, 1), open_share("the planned share", planned), open_share("alpha", alpha)
    half = float(stats.norm.ppf(1 - alpha / 2)) * math.sqrt(planned * (1 - planned) / n)
    return planned - half, planned + half
