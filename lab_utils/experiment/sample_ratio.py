"""Sample-ratio mismatch: do the users seen fit the split that was planned?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lab_utils.experiment.arguments import at_least, open_share
from lab_utils.experiment.comparison import Interval

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

    Args:
        counts: users seen per variant.
        planned: planned share of each variant, in the same order; sums to 1.
    """
    statistic, p_value = chi_square(np.asarray(counts), planned)
    return SampleRatio(float(statistic), float(p_value))


def chi_square(
    counts: NDArray[np.int64], planned: ArrayLike
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
