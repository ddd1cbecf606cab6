"""Many comparisons: what is left of a p-value that is one of several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lab_utils.experiment.arguments import open_share, values_of
from lab_utils.experiment.errors import BadArgument


@dataclass(frozen=True)
class Adjusted:
    """Several p-values, adjusted for each other.

    Attributes:
        p_values: adjusted, in the order given: compare each with alpha.
        rejected: which of them are at most that.
    """

    p_values: tuple[float, ...]
    rejected: tuple[bool, ...]


def holm(p_values: ArrayLike, alpha: float = 0.05) -> Adjusted:
    """Holm's (1979) step-down adjustment: at most alpha for any false alarm at all.

    Never weaker than Bonferroni's, and as assumption-free. For several primary metrics.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03, 0.005]).p_values]
    [0.03, 0.06, 0.06, 0.02]

    Args:
        p_values: shape (tests,), of all tests done, not only of those that look good.
        alpha: the rate of families with any false alarm.

    Raises:
        BadArgument: a p-value outside 0 to 1 or missing; alpha outside 0 to 1.
    """
    seen = _checked(p_values)
    order = np.argsort(seen, kind="stable")
    steps = np.maximum.accumulate(seen[order] * np.arange(seen.size, 0, -1))
    adjusted = np.empty_like(steps)
    adjusted[order] = np.minimum(steps, 1)
    return _compared(adjusted, open_share("alpha", alpha))


def benjamini_hochberg(p_values: ArrayLike, q: float = 0.05) -> Adjusted:
    """Benjamini and Hochberg's (1995) step-up adjustment: false alarms are a share q of alarms.

    Tests may be independent or positively dependent. For screening many segments or metrics.

    >>> [round(p, 3) for p in benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).p_values]
    [0.02, 0.04, 0.04, 0.02]

    Args:
        p_values: shape (tests,), of all tests done, not only of those that look good.
        q: the expected share of false alarms among the alarms.

    Raises:
        BadArgument: a p-value outside 0 to 1 or missing; q outside 0 to 1.
    """
    adjusted = stats.false_discovery_control(_checked(p_values), method="bh")
    return _compared(adjusted, open_share("q", q))


def _checked(p_values: ArrayLike) -> NDArray[np.float64]:
    seen = values_of("p_values", p_values)
    if np.any((seen < 0) | (seen > 1)):
        raise BadArgument(f"p-values are {seen.tolist()}", "give p-values between 0 and 1")
    return seen


def _compared(adjusted: NDArray[np.float64], alpha: float) -> Adjusted:
    return Adjusted(tuple(adjusted.tolist()), tuple((adjusted <= alpha).tolist()))
