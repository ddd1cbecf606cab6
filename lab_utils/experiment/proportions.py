"""Proportions: one success or none per user; tests of two, intervals of one.

Groups are given as successes and users, the control first; a test's direction is that of
treatment minus control. Intervals of the difference are in `proportion_differences`.
"""

from __future__ import annotations

import math
from typing import get_args

from scipy import stats
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

from lab_utils.experiment.arguments import one_of, open_share, successes_of
from lab_utils.experiment.comparison import NAN, Alternative, Comparison, Interval
from lab_utils.experiment.proportion_differences import newcombe_interval, risk_ratio

FEWEST_EXPECTED = 5
"""Below this expected count in any cell the normal approximation gives way (Cochran 1954)."""


def wilson_interval(successes: int, n: int, alpha: float = 0.05) -> Interval:
    """Wilson's score interval for one proportion (Wilson 1927), between 0 and 1.

    >>> [round(end, 4) for end in wilson_interval(1, 29)]
    [0.0061, 0.1718]

    Raises:
        BadArgument: no trials, more successes than trials, alpha outside 0 to 1.
    """
    return _interval_of_one(successes, n, alpha, "wilson")


def wald_interval(successes: int, n: int, alpha: float = 0.05) -> Interval:
    """The textbook's normal interval for one proportion (Laplace 1812).

    Its coverage sinks far below 1 - alpha near 0 and 1 (Brown, Cai & DasGupta 2001); it is here
    to be recognised. Ends are cut at 0 and 1.

    >>> [round(end, 4) for end in wald_interval(100, 200)]
    [0.4307, 0.5693]

    Raises:
        BadArgument: no trials, more successes than trials, alpha outside 0 to 1.
    """
    return _interval_of_one(successes, n, alpha, "normal")


def clopper_pearson_interval(successes: int, n: int, alpha: float = 0.05) -> Interval:
    """The exact interval for one proportion: covers at least 1 - alpha, often more.

    Clopper & Pearson (1934).

    >>> [round(end, 4) for end in clopper_pearson_interval(0, 20)]
    [0.0, 0.1684]

    Raises:
        BadArgument: no trials, more successes than trials, alpha outside 0 to 1.
    """
    return _interval_of_one(successes, n, alpha, "beta")


def z_test(
    x_control: int,
    n_control: int,
    x_treatment: int,
    n_treatment: int,
    alternative: Alternative = "two-sided",
) -> tuple[float, float]:
    """Two-proportion z-test with the pooled standard error: z and the p-value.

    Two-sided it is Pearson's chi-square test without a continuity correction (z squared).

    >>> [round(x, 4) for x in z_test(100, 1000, 130, 1000)]
    [2.1027, 0.0355]

    Raises:
        BadArgument: no trials, more successes than trials.
    """
    _check(x_control, n_control, x_treatment, n_treatment)
    one_of("alternative", alternative, get_args(Alternative))
    if x_control + x_treatment in (0, n_control + n_treatment):
        # nobody differs from anybody: nothing speaks against no difference
        return 0.0, 1.0 if alternative == "two-sided" else 0.5
    names = {"two-sided": "two-sided", "greater": "larger", "less": "smaller"}
    z, p_value = proportions_ztest(
        [x_treatment, x_control], [n_treatment, n_control], alternative=names[alternative]
    )
    return float(z), float(p_value)


def yates_test(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int
) -> tuple[float, float]:
    """Pearson's chi-square with Yates' continuity correction: statistic and p-value.

    Yates (1934); two-sided only. It errs on the careful side: where counts are small prefer
    `barnard_test`.

    >>> round(yates_test(5, 12, 12, 19)[1], 4)
    0.4233

    Raises:
        BadArgument: no trials, more successes than trials.
    """
    groups = (x_control, n_control, x_treatment, n_treatment)
    _check(*groups)
    if x_control + x_treatment in (0, n_control + n_treatment):
        return 0.0, 1.0
    found = stats.chi2_contingency(_table(*groups), correction=True)
    return float(found.statistic), float(found.pvalue)


def fisher_test(
    x_control: int,
    n_control: int,
    x_treatment: int,
    n_treatment: int,
    alternative: Alternative = "two-sided",
) -> tuple[float, float]:
    """Fisher's exact test: the sample odds ratio and the p-value.

    Fisher (1935). Two-sided, it adds up all tables no likelier than the one seen.

    >>> round(fisher_test(10, 13, 2, 17)[1], 6)
    0.000537

    Raises:
        BadArgument: no trials, more successes than trials.
    """
    groups = (x_control, n_control, x_treatment, n_treatment)
    _check(*groups)
    one_of("alternative", alternative, get_args(Alternative))
    odds_ratio, p_value = stats.fisher_exact(_table(*groups), alternative=alternative)
    return float(odds_ratio), float(p_value)


def barnard_test(
    x_control: int,
    n_control: int,
    x_treatment: int,
    n_treatment: int,
    alternative: Alternative = "two-sided",
) -> tuple[float, float]:
    """Barnard's exact test: the pooled z statistic and the p-value.

    Barnard (1945). It takes only the groups' sizes as fixed, where Fisher's test also fixes the
    number of successes, and so misses fewer true differences. Slow beyond some hundred users.
    Tables with the statistic seen are told from it by rounding alone (scipy 1.17): the test stays
    valid, but exchanging successes and failures can move p a little where such a table exists.

    >>> [round(x, 3) for x in barnard_test(12, 15, 7, 15, "less")]
    [-1.894, 0.034]

    Raises:
        BadArgument: no trials, more successes than trials.
    """
    groups = (x_control, n_control, x_treatment, n_treatment)
    _check(*groups)
    one_of("alternative", alternative, get_args(Alternative))
    if x_control + x_treatment in (0, n_control + n_treatment):
        return 0.0, 1.0
    # scipy compares columns, the first with the second
    table = [[x_treatment, x_control], [n_treatment - x_treatment, n_control - x_control]]
    found = stats.barnard_exact(table, alternative=alternative, pooled=True)
    return float(found.statistic), float(found.pvalue)


def counts_are_small(x_control: int, n_control: int, x_treatment: int, n_treatment: int) -> bool:
    """Whether some cell of the 2x2 table is expected to hold fewer than five users."""
    share = (x_control + x_treatment) / (n_control + n_treatment)
    return min(n_control, n_treatment) * min(share, 1 - share) < FEWEST_EXPECTED


def compare_proportions(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float = 0.05
) -> Comparison:
    """Compare two shares of users, one success or none each.

    The interval is Newcombe's; the p-value comes from the two-proportion z-test, or from
    Fisher's exact test where counts are small.

    Raises:
        BadArgument: no trials, more successes than trials, alpha outside 0 to 1.
    """
    groups = (x_control, n_control, x_treatment, n_treatment)
    _check(*groups)
    control, treatment = x_control / n_control, x_treatment / n_treatment
    small = counts_are_small(*groups)
    statistic, p_value = fisher_test(*groups) if small else z_test(*groups)
    variance = control * (1 - control) / n_control + treatment * (1 - treatment) / n_treatment
    return Comparison(
        method=f"{'Fisher exact test' if small else 'two-proportion z-test'}, Newcombe interval",
        n_control=n_control,
        n_treatment=n_treatment,
        control=control,
        treatment=treatment,
        control_interval=wilson_interval(x_control, n_control, alpha),
        treatment_interval=wilson_interval(x_treatment, n_treatment, alpha),
        difference=treatment - control,
        std_error=math.sqrt(variance),
        interval=newcombe_interval(*groups, alpha),
        statistic=statistic,
        df=NAN,
        p_value=p_value,
        relative_interval=_relative_interval(*groups, alpha),
    )


def _relative_interval(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float
) -> Interval:
    """Of the relative difference: the risk ratio's, minus 1; NaN where a group has no success."""
    if not x_control * x_treatment:
        return NAN, NAN
    low, high = risk_ratio(x_control, n_control, x_treatment, n_treatment, alpha).interval
    return low - 1, high - 1


def _table(x_control: int, n_control: int, x_treatment: int, n_treatment: int) -> list[list[int]]:
    """Treatment above control, successes before failures."""
    return [[x_treatment, n_treatment - x_treatment], [x_control, n_control - x_control]]


def _check(x_control: int, n_control: int, x_treatment: int, n_treatment: int) -> None:
    successes_of(x_control, n_control)
    successes_of(x_treatment, n_treatment)


def _interval_of_one(successes: int, n: int, alpha: float, method: str) -> Interval:
    successes_of(successes, n)
    low, high = proportion_confint(successes, n, alpha=open_share("alpha", alpha), method=method)
    # exactly 0 and 1 there, where rounding can leave the last digit off
    return float(low) if successes else 0.0, float(high) if successes < n else 1.0
