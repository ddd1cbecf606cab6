"""Strata: the same comparison within segments, and whether they say what the whole says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2

from lab_utils.experiment.arguments import open_share
from lab_utils.experiment.comparison import NAN, Interval
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.sample_ratio import THRESHOLD


@dataclass(frozen=True)
class Strata:
    """Two groups compared within strata and over all of them.

    Odds ratios are treatment over control: above 1 where the treatment succeeds more often.

    Attributes:
        pooled: shape (2, 2), all strata added up: treatment above control, successes first.
        pooled_odds_ratio: of that table, as if strata did not exist.
        pooled_interval: its confidence interval.
        odds_ratios: one per stratum, in the order given; NaN where a row or column is empty.
        common_odds_ratio: of Mantel and Haenszel, within strata.
        interval: its confidence interval.
        statistic: of Cochran, Mantel and Haenszel.
        p_value: of equal odds in every stratum.
        homogeneity_p_value: of the odds ratio being the same in every stratum (Breslow & Day
            1980, with Tarone's correction); NaN for a single stratum.
        spread_p_value: of both groups being spread alike over the strata (chi-square); 1 for a
            single stratum.
    """

    pooled: NDArray[np.int64]
    pooled_odds_ratio: float
    pooled_interval: Interval
    odds_ratios: tuple[float, ...]
    common_odds_ratio: float
    interval: Interval
    statistic: float
    p_value: float
    homogeneity_p_value: float
    spread_p_value: float

    @property
    def simpson(self) -> bool:
        """Simpson's (1951) paradox: strata together point the other way than within.

        It takes groups that are spread unevenly over the strata, which random assignment rules
        out: in an experiment it is a sign of a broken or changing split. So both odds ratios
        fall on different sides of 1, and chance does not explain the spread (below the level
        of a sample-ratio mismatch). Neither ratio need differ from 1 beyond chance.
        """
        reversed_ = (self.pooled_odds_ratio - 1) * (self.common_odds_ratio - 1) < 0
        return reversed_ and self.spread_p_value < THRESHOLD


def mantel_haenszel(
    strata: Mapping[str, ArrayLike], alpha: float = 0.05, *, correction: bool = True
) -> Strata:
    """The common odds ratio within strata, beside the pooled one.

    Mantel & Haenszel (1959); interval of Robins, Breslow & Greenland (1986); test of Cochran,
    Mantel and Haenszel (R `mantelhaen.test`).

    >>> found = mantel_haenszel({"old": [[90, 10], [850, 150]], "new": [[300, 700], [20, 80]]})
    >>> found.common_odds_ratio > 1 > found.pooled_odds_ratio, found.simpson
    (True, True)

    Args:
        strata: for each stratum a table of shape (2, 2): treatment above control, successes
            before failures.
        alpha: one minus the confidence of the intervals.
        correction: whether the test has its continuity correction, as R's has.

    Raises:
        BadArgument: no strata, a table of another shape or with negative or missing counts,
            strata that hold too little to compare, alpha outside 0 to 1.
    """
    open_share("alpha", alpha)
    if not strata:
        raise BadArgument("there are no strata", "give one table for each segment")
    tables = [_table(name, table) for name, table in strata.items()]
    pooled = np.sum(tables, axis=0)
    if not (any(t[0, 0] * t[1, 1] for t in tables) and any(t[0, 1] * t[1, 0] for t in tables)):
        raise BadArgument(
            "within strata no group has both successes and failures to compare",
            "collect more users, or fewer and larger strata",
        )
    found = StratifiedTable([table.astype(float) for table in tables if table.sum() > 1])
    low, high = found.oddsratio_pooled_confint(alpha)
    test = found.test_null_odds(correction=correction)
    whole = Table2x2(pooled.astype(float), shift_zeros=False)
    whole_low, whole_high = whole.oddsratio_confint(alpha)
    return Strata(
        pooled=pooled,
        pooled_odds_ratio=float(whole.oddsratio),
        pooled_interval=(float(whole_low), float(whole_high)),
        odds_ratios=tuple(_odds_ratio(table) for table in tables),
        common_odds_ratio=float(found.oddsratio_pooled),
        interval=(float(low), float(high)),
        statistic=float(test.statistic),
        p_value=float(test.pvalue),
        homogeneity_p_value=_homogeneity(tables, float(found.oddsratio_pooled)),
        spread_p_value=_spread(tables),
    )


def _table(name: str, table: ArrayLike) -> NDArray[np.int64]:
    counts = np.asarray(table, dtype=float)
    if counts.shape != (2, 2) or not (counts >= 0).all() or (counts % 1).any():
        found = f"the table of {name!r} is {counts.tolist()}"
        raise BadArgument(found, "give treatment above control, successes before failures")
    return counts.astype(np.int64)


def _homogeneity(tables: Sequence[NDArray[np.int64]], odds_ratio: float) -> float:
    """Breslow and Day's p-value with Tarone's (1985) correction; NaN for a single stratum.

    By hand, because statsmodels' `test_equal_odds` divides by 0 where the odds ratio is 1.
    """
    off = variance = statistic = 0.0
    informative = 0
    for (a, b), (c, d) in (table.tolist() for table in tables):
        row, column, other = a + b, a + c, d - a
        if 0 in (row, column, c + d, b + d):
            continue
        linear = other + odds_ratio * (row + column)
        root = math.sqrt(linear**2 + 4 * (1 - odds_ratio) * odds_ratio * row * column)
        expected = 2 * odds_ratio * row * column / (linear + root)
        cells = (expected, row - expected, column - expected, other + expected)
        spread = 1 / sum(1 / cell for cell in cells)
        informative += 1
        off, variance = off + a - expected, variance + spread
        statistic += (a - expected) ** 2 / spread
    if informative < 2:
        return NAN
    return float(stats.chi2.sf(statistic - off**2 / variance, informative - 1))


def _spread(tables: Sequence[NDArray[np.int64]]) -> float:
    """The p-value of each stratum having its part of both groups."""
    users = np.array([table.sum(axis=1) for table in tables if table.sum()])
    return float(stats.chi2_contingency(users, correction=False).pvalue)


def _odds_ratio(table: NDArray[np.int64]) -> float:
    (a, b), (c, d) = table.tolist()
    if not b * c:
        return float("inf") if a * d else NAN
    return float(a * d / (b * c))
