"""Means of two groups of users, who may differ in spread as well as in size.

Every function takes two `Sample`s, which hold all that a mean needs to be compared: make them
of values, of sums, or of what a paper prints. Differences are treatment minus control.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from lab_utils.experiment.arguments import at_least, one_of, open_share, positive, values_of
from lab_utils.experiment.comparison import NAN, Alternative, Comparison, Interval
from lab_utils.experiment.errors import BadArgument


@dataclass(frozen=True)
class Sample:
    """One group of users, one value each.

    Attributes:
        n: users, at least 2.
        mean: in the metric's unit.
        variance: of one user's value, with n - 1 in the denominator.
    """

    n: int
    mean: float
    variance: float

    def __post_init__(self) -> None:
        at_least("n", self.n, 2), at_least("the variance", self.variance, 0)
        at_least("the mean", self.mean, -math.inf)

    @classmethod
    def of(cls, values: ArrayLike) -> Sample:
        """A sample of values, shape (users,).

        Raises:
            BadArgument: fewer than two values, or some that are no finite numbers.
        """
        array = values_of("values", values, 2)
        return cls(array.size, float(array.mean()), float(array.var(ddof=1)))

    @classmethod
    def of_sums(cls, n: int, total: float, total_of_squares: float) -> Sample:
        """A sample of n users known by the sum of their values and of the values' squares.

        Raises:
            BadArgument: fewer than two users; sums that no values can have.
        """
        at_least("n", n, 2)
        mean, squares = float(total) / n, float(total_of_squares)
        off_mean = squares - n * mean**2
        # where all are equal, rounding leaves a little on either side of 0
        nothing = abs(off_mean) <= 1e-15 * n * squares
        return cls(n, mean, 0.0 if nothing else off_mean / (n - 1))

    def interval(self, alpha: float = 0.05) -> Interval:
        """Student's t interval of the mean."""
        half = float(stats.t.isf(open_share("alpha", alpha) / 2, self.n - 1))
        half *= math.sqrt(self.squared_error)
        return self.mean - half, self.mean + half

    @property
    def squared_error(self) -> float:
        """Squared standard error of the mean."""
        return self.variance / self.n


@dataclass(frozen=True)
class MeanTest:
    """A test of two means, and its interval.

    Attributes:
        difference: treatment minus control; for a relative lift, as a share of the control.
        std_error: of `difference`.
        statistic: Student's t.
        df: Welch's degrees of freedom.
        p_value: of no difference.
        interval: confidence interval of `difference`; one end is infinite for a one-sided test.
    """

    difference: float
    std_error: float
    statistic: float
    df: float
    p_value: float
    interval: Interval


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests: is the difference above `low` and below `high`?

    Attributes:
        difference: treatment minus control.
        df: Welch's degrees of freedom.
        t_low: the statistic against a difference of `low` or less.
        p_low: its p-value; small where the treatment is not worse than `low`.
        t_high: the statistic against a difference of `high` or more.
        p_high: its p-value.
        interval: of confidence 1 - 2 alpha; the means are equivalent where it lies within
            `low` and `high`.
    """

    difference: float
    df: float
    t_low: float
    p_low: float
    t_high: float
    p_high: float
    interval: Interval

    @property
    def p_value(self) -> float:
        """Of both together: the larger one."""
        return max(self.p_low, self.p_high)


def welch_test(
    control: Sample,
    treatment: Sample,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
) -> MeanTest:
    """Welch's t-test: two means, unequal variances (Welch 1947).

    >>> found = welch_test(Sample.of(range(7, 21)), Sample.of(range(1, 11)))
    >>> round(found.statistic, 4), round(found.df, 3), round(found.p_value, 8)
    (-5.4349, 21.982, 1.855e-05)

    Args:
        control: the control group.
        treatment: the treatment group.
        alpha: one minus the confidence of the interval.
        alternative: what treatment minus control is tested for.

    Raises:
        BadArgument: nobody in either group differs from another; alpha outside 0 to 1.
    """
    squared_error = control.squared_error + treatment.squared_error
    return _t_test(
        treatment.mean - control.mean,
        squared_error,
        _welch_df(control, treatment),
        alpha,
        alternative,
    )


def relative_lift(
    control: Sample,
    treatment: Sample,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
) -> MeanTest:
    """Treatment over control, minus 1, by the delta method.

    Deng, Knoblich & Lu (2018), section 2; with Welch's degrees of freedom, as GrowthBook. The
    interval is not that of the difference divided by the control: the control's own error is in
    it, and its p-value is another. Decide on one scale beforehand.

    >>> found = relative_lift(Sample(3000, 10.0, 400.0), Sample(3000, 11.0, 400.0))
    >>> round(found.difference, 3), round(found.std_error, 4)
    (0.1, 0.0543)

    Args:
        control: the control group; its mean may not be 0.
        treatment: the treatment group.
        alpha: one minus the confidence of the interval.
        alternative: what the lift is tested for.

    Raises:
        BadArgument: a control of 0; nobody differs from another; alpha outside 0 to 1.
    """
    if not control.mean:
        raise BadArgument("the control's mean is 0", "compare by difference: welch_test")
    share = treatment.mean / control.mean
    squared_error = (treatment.squared_error + share**2 * control.squared_error) / control.mean**2
    return _t_test(share - 1, squared_error, _welch_df(control, treatment), alpha, alternative)


def equivalence_test(
    control: Sample, treatment: Sample, low: float, high: float, alpha: float = 0.05
) -> Equivalence:
    """Two one-sided Welch tests (TOST; Schuirmann 1987): is the difference within bounds?

    A difference that is not significant is no evidence of equality; this is.

    >>> found = equivalence_test(Sample(500, 10.0, 4.0), Sample(500, 10.1, 4.0), -0.5, 0.5)
    >>> found.p_value < 0.05
    True

    Args:
        control: the control group.
        treatment: the treatment group.
        low: the largest loss that does not matter, below `high`; in the metric's unit.
        high: the largest gain that does not matter.
        alpha: the false-alarm rate of the two tests together.

    Raises:
        BadArgument: bounds in the wrong order; nobody differs; alpha outside 0 to 1.
    """
    if not low < high:
        raise BadArgument(f"the bounds are {low} and {high}", "give the lower bound first")
    seen = welch_test(control, treatment, open_share("2 alpha", 2 * alpha))
    t_low, t_high = ((seen.difference - bound) / seen.std_error for bound in (low, high))
    return Equivalence(
        seen.difference,
        seen.df,
        t_low,
        float(stats.t.sf(t_low, seen.df)),
        t_high,
        float(stats.t.cdf(t_high, seen.df)),
        seen.interval,
    )


def non_inferiority_test(
    control: Sample, treatment: Sample, margin: float, alpha: float = 0.05
) -> MeanTest:
    """Is the treatment worse by less than a margin, where higher is better?

    The one side of `equivalence_test` that a switch to a cheaper variant needs. For a metric
    where lower is better, exchange the groups.

    >>> found = non_inferiority_test(Sample(500, 10.0, 4.0), Sample(500, 9.9, 4.0), margin=0.5)
    >>> found.p_value < 0.05 and found.interval[0] > -0.5
    True

    Args:
        control: the control group.
        treatment: the treatment group.
        margin: the loss that does not matter, above 0; in the metric's unit.
        alpha: the false-alarm rate.

    Returns:
        p-value and statistic against a loss of `margin` or more; the interval is one-sided,
        of confidence 1 - alpha, and lies above -margin where the p-value is below alpha.

    Raises:
        BadArgument: a margin that is not above 0; nobody differs; alpha outside 0 to 1.
    """
    positive("margin", margin)
    seen = welch_test(control, treatment, alpha, "greater")
    statistic = (seen.difference + margin) / seen.std_error
    p_value = float(stats.t.sf(statistic, seen.df))
    return MeanTest(seen.difference, seen.std_error, statistic, seen.df, p_value, seen.interval)


def compare_means(
    control: Sample,
    treatment: Sample,
    alpha: float = 0.05,
    method: str = "mean per user, Welch's t",
) -> Comparison:
    """`welch_test` in the shape that every metric's comparison has.

    >>> compare_means(Sample(300, 10.0, 25.0), Sample(150, 11.0, 9.0)).difference
    1.0

    Args:
        control: the control group.
        treatment: the treatment group.
        alpha: one minus the confidence of the intervals.
        method: what to call it.

    Raises:
        BadArgument: as for `welch_test`.
    """
    seen = welch_test(control, treatment, alpha)
    return Comparison(
        method=method,
        n_control=control.n,
        n_treatment=treatment.n,
        control=control.mean,
        treatment=treatment.mean,
        control_interval=control.interval(alpha),
        treatment_interval=treatment.interval(alpha),
        difference=seen.difference,
        std_error=seen.std_error,
        interval=seen.interval,
        statistic=seen.statistic,
        df=seen.df,
        p_value=seen.p_value,
        relative_interval=(
            relative_lift(control, treatment, alpha).interval if control.mean else (NAN, NAN)
        ),
    )


def _welch_df(control: Sample, treatment: Sample) -> float:
    """Welch-Satterthwaite."""
    errors = control.squared_error, treatment.squared_error
    total = positive("the variance of both groups together", sum(errors))
    parts = (
        error**2 / (group.n - 1) for error, group in zip(errors, (control, treatment), strict=True)
    )
    return total**2 / sum(parts)


def _t_test(
    difference: float, squared_error: float, df: float, alpha: float, alternative: Alternative
) -> MeanTest:
    one_of("alternative", alternative, get_args(Alternative))
    std_error = math.sqrt(squared_error)
    statistic = difference / std_error
    tail = open_share("alpha", alpha) / 2 if alternative == "two-sided" else alpha
    half = float(stats.t.isf(tail, df)) * std_error
    low, high = difference - half, difference + half
    p_value, interval = {
        "two-sided": (2 * stats.t.sf(abs(statistic), df), (low, high)),
        "greater": (stats.t.sf(statistic, df), (low, np.inf)),
        "less": (stats.t.cdf(statistic, df), (-np.inf, high)),
    }[alternative]
    return MeanTest(difference, std_error, statistic, df, float(p_value), interval)
