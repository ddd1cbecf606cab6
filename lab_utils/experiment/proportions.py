"""Proportions: one success or none per user."""

from __future__ import annotations

import math

from scipy import stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from lab_utils.experiment.comparison import NAN, Comparison, Interval

FEWEST_EXPECTED = 5
"""Below this expected count in any cell the normal approximation gives way (Cochran 1954)."""


def wilson_interval(successes: int, n: int, alpha: float = 0.05) -> Interval:
    """Wilson's score interval for one proportion (Wilson 1927), between 0 and 1."""
    low, high = proportion_confint(successes, n, alpha=alpha, method="wilson")
    return float(low), float(high)


def newcombe_interval(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float = 0.05
) -> Interval:
    """Newcombe's hybrid score interval for treatment minus control (1998, method 10)."""
    low, high = confint_proportions_2indep(
        x_treatment, n_treatment, x_control, n_control, method="newcomb", alpha=alpha
    )
    return float(low), float(high)


def z_test(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int
) -> tuple[float, float]:
    """Two-proportion z-test with the pooled standard error: z and the two-sided p-value."""
    z, p_value = proportions_ztest([x_treatment, x_control], [n_treatment, n_control])
    return float(z), float(p_value)


def fisher_test(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int
) -> tuple[float, float]:
    """Fisher's exact test: the sample odds ratio and the two-sided p-value."""
    treatment = [x_treatment, n_treatment - x_treatment]
    control = [x_control, n_control - x_control]
    odds_ratio, p_value = stats.fisher_exact([treatment, control])
    return float(odds_ratio), float(p_value)


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
    """
    groups = (x_control, n_control, x_treatment, n_treatment)
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
    )
