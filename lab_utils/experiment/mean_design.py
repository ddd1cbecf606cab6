"""The design of a test of means, and of ratio metrics through their variance.

As in `design`, a two-sided test has power for an effect only on the effect's own side (R's
`power.t.test(strict = FALSE)`).
"""

from __future__ import annotations

import math

from numpy.typing import ArrayLike
from scipy import optimize, stats

from lab_utils.experiment.arguments import positive, values_of
from lab_utils.experiment.sample_size import (
    SampleSize,
    Sides,
    smallest_sample,
    tail_of,
    worth_planning,
)


def power_of_means(
    difference: float,
    sd: float,
    n_control: float,
    n_treatment: float,
    alpha: float = 0.05,
    sides: Sides = "two-sided",
) -> float:
    """Power of the two-sample t-test (noncentral t; R `power.t.test`).

    For a ratio metric give `ratio_sd` as `sd`: its users are then the unit.

    >>> round(power_of_means(1, 1, 20, 20), 4)
    0.869

    Args:
        difference: the true difference of means, in the metric's unit.
        sd: the standard deviation of one user's value, the same in both groups.
        n_control: users in the control group, more than 1.
        n_treatment: users in the treatment group, more than 1.
        alpha: the false-alarm rate, of both sides together where two are tested.
        sides: one-sided means the side on which the difference lies.

    Raises:
        BadArgument: sd not above 0, alpha outside 0 to 1, groups too small.
    """
    positive("sd", sd), positive("n_control", n_control), positive("n_treatment", n_treatment)
    df = positive("degrees of freedom", n_control + n_treatment - 2)
    noncentrality = abs(difference) / (sd * math.sqrt(1 / n_control + 1 / n_treatment))
    critical = stats.t.isf(tail_of(alpha, sides), df)
    power = float(stats.nct.sf(critical, df, noncentrality))
    # scipy's noncentral t gives NaN far out, where the normal is exact to every digit
    return float(stats.norm.sf(critical - noncentrality)) if math.isnan(power) else power


def users_for_means(
    difference: float,
    sd: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sides: Sides = "two-sided",
    share_treatment: float = 0.5,
) -> SampleSize:
    """Users needed to see a difference of means (R `power.t.test`).

    >>> users_for_means(1, 1, power=0.9).whole
    (23, 23)

    Args:
        difference: the difference of means that must not be missed, in the metric's unit.
        sd: the standard deviation of one user's value; `ratio_sd` for a ratio metric.
        power: the chance of seeing it.
        alpha: the false-alarm rate, of both sides together where two are tested.
        sides: whether a loss would be reported as well as a gain.
        share_treatment: the treatment's part of the users.

    Raises:
        BadArgument: no difference, sd not above 0, a share outside 0 to 1.
    """
    worth_planning(difference, power, alpha)
    return smallest_sample(
        lambda control, treatment: power_of_means(difference, sd, control, treatment, alpha, sides),
        power,
        share_treatment,
        fewest=2.000001,
    )


def detectable_difference(
    sd: float,
    n_control: float,
    n_treatment: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sides: Sides = "two-sided",
) -> float:
    """The smallest difference of means seen with this power, in the metric's unit.

    >>> round(detectable_difference(1, 23, 23, power=0.9), 3)
    0.977

    Args:
        sd: the standard deviation of one user's value; `ratio_sd` for a ratio metric.
        n_control: users in the control group, more than 1.
        n_treatment: users in the treatment group, more than 1.
        power: the chance of seeing it.
        alpha: the false-alarm rate, of both sides together where two are tested.
        sides: whether a loss would be reported as well as a gain.

    Raises:
        BadArgument: as for `power_of_means`; power not above alpha.
    """
    worth_planning(1, power, alpha)

    def missing(differences: float) -> float:
        return power_of_means(differences * sd, sd, n_control, n_treatment, alpha, sides) - power

    most = 1.0
    while missing(most) < 0:
        most *= 2
    return float(optimize.brentq(missing, 0, most, xtol=1e-13)) * sd


def ratio_sd(sums: ArrayLike, counts: ArrayLike) -> float:
    """One user's standard deviation in a ratio of sums, by the delta method.

    Deng, Knoblich & Lu (2018), eq. 3: what `users_for_means` needs to plan a ratio metric from
    a log that is there already. Repeated visits need no further correction.

    >>> ratio_sd([1, 0, 1, 0], [1, 1, 1, 1])
    0.5773502691896257

    Args:
        sums: shape (users,), the numerator of each user.
        counts: shape (users,), the denominator of each user.

    Raises:
        BadArgument: fewer than two users, values that are no numbers, counts that sum to 0.
    """
    numerator, denominator = values_of("sums", sums, 2), values_of("counts", counts, 2)
    positive("the sum of counts", float(denominator.sum()))
    residual = numerator - numerator.sum() / denominator.sum() * denominator
    return float(residual.std(ddof=1) / denominator.mean())
