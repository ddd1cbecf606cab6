"""Ratio metrics: a total over users divided by another total over users.

Successes per visit is one when users visit more than once. Users are the unit, not visits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy import stats

from lab_utils.experiment.arguments import open_share, positive, values_of
from lab_utils.experiment.comparison import NAN, Comparison, Interval
from lab_utils.experiment.errors import BadArgument


@dataclass(frozen=True)
class RatioEstimate:
    """One group's ratio of totals, its variance by the delta method, and its users."""

    ratio: float
    variance: float
    n: int

    def interval(self, alpha: float) -> Interval:
        """Student's t interval of the ratio."""
        half = float(stats.t.ppf(1 - alpha / 2, self.n - 1)) * math.sqrt(self.variance)
        return self.ratio - half, self.ratio + half


def ratio_of_sums(sums: ArrayLike, counts: ArrayLike) -> RatioEstimate:
    """Estimate sum(sums) / sum(counts), with users as independent units.

    Delta method (Deng, Knoblich & Lu 2018, eq. 3): the variance is that of the mean of
    `sums - ratio * counts` over users, divided by the squared mean count.

    Args:
        sums: shape (users,), the numerator of each user.
        counts: shape (users,), the denominator of each user; ones give the plain mean.

    Raises:
        BadArgument: fewer than two users, sums and counts of different number, some that are no
            numbers, counts that add up to 0.
    """
    numerator, denominator = values_of("sums", sums, 2), values_of("counts", counts, 2)
    if numerator.size != denominator.size:
        found = f"{numerator.size} sums and {denominator.size} counts"
        raise BadArgument(found, "give both of every user")
    positive("the total of the counts", denominator.sum())
    ratio = numerator.sum() / denominator.sum()
    residual = numerator - ratio * denominator
    variance = residual.var(ddof=1) / residual.size / denominator.mean() ** 2
    return RatioEstimate(float(ratio), float(variance), residual.size)


def compare_ratios(
    control: tuple[ArrayLike, ArrayLike],
    treatment: tuple[ArrayLike, ArrayLike],
    alpha: float = 0.05,
) -> Comparison:
    """Compare two ratios of sums: delta method, Welch's degrees of freedom.

    With counts of one this is Welch's t-test on the users' values. Where no user differs from
    another there is nothing to estimate an interval from: it is NaN, with a warning.

    Args:
        control: sums and counts, both of shape (users,).
        treatment: the same for the treatment group.
        alpha: one minus the confidence of the interval.

    Raises:
        BadArgument: as for `ratio_of_sums`; alpha outside 0 to 1.
    """
    open_share("alpha", alpha)
    old, new = ratio_of_sums(*control), ratio_of_sums(*treatment)
    variance = old.variance + new.variance
    std_error = math.sqrt(variance)
    difference = new.ratio - old.ratio
    df, statistic = NAN, NAN
    warnings: tuple[str, ...] = ("no user differs from another: no interval",)
    if variance:
        df = variance**2 / sum(g.variance**2 / (g.n - 1) for g in (old, new))
        statistic, warnings = difference / std_error, ()
    half = float(stats.t.ppf(1 - alpha / 2, df)) * std_error
    return Comparison(
        method="ratio of sums per user, delta method, Welch's t",
        n_control=old.n,
        n_treatment=new.n,
        control=old.ratio,
        treatment=new.ratio,
        control_interval=old.interval(alpha),
        treatment_interval=new.interval(alpha),
        difference=difference,
        std_error=std_error,
        interval=(difference - half, difference + half),
        statistic=statistic,
        df=df,
        p_value=float(2 * stats.t.sf(abs(statistic), df)),
        relative_interval=_relative_interval(old, new, df, alpha),
        warnings=warnings,
    )


def _relative_interval(old: RatioEstimate, new: RatioEstimate, df: float, alpha: float) -> Interval:
    """Of new over old, minus 1: the delta method once more, as `means.relative_lift`."""
    if not old.ratio:
        return NAN, NAN
    lift = new.ratio / old.ratio
    std_error = math.sqrt(new.variance + lift**2 * old.variance) / abs(old.ratio)
    half = float(stats.t.ppf(1 - alpha / 2, df)) * std_error
    return lift - 1 - half, lift - 1 + half
