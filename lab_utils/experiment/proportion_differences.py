"""Intervals of the difference, the ratio and the odds ratio of two proportions.

Each takes successes and users, the control first; differences are treatment minus control and
ratios treatment over control. Two groups of users, one success or none each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep

from lab_utils.experiment.arguments import open_share, successes_of
from lab_utils.experiment.comparison import Interval
from lab_utils.experiment.errors import BadArgument


@dataclass(frozen=True)
class Multiple:
    """A treatment as a multiple of the control.

    Attributes:
        ratio: 1 where the groups are equal.
        interval: its confidence interval, symmetric on the logarithm.
        log_std_error: standard error of the ratio's natural logarithm.
        p_value: two-sided, of a ratio of 1.
    """

    ratio: float
    interval: Interval
    log_std_error: float
    p_value: float


def newcombe_interval(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float = 0.05
) -> Interval:
    """Newcombe's hybrid score interval for treatment minus control (1998, method 10).

    >>> [round(end, 4) for end in newcombe_interval(2, 7, 6, 7)]
    [0.0582, 0.8062]

    Raises:
        BadArgument: no trials, more successes than trials, alpha outside 0 to 1.
    """
    return _difference(x_control, n_control, x_treatment, n_treatment, alpha, "newcomb")


def wald_difference_interval(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float = 0.05
) -> Interval:
    """The textbook's interval, from separate (unpooled) variances (Newcombe 1998, method 1).

    Too narrow for small counts or rare successes; it has no width where both shares are 0 or 1.

    >>> [round(end, 4) for end in wald_difference_interval(1, 34, 7, 34)]
    [0.0292, 0.3238]

    Raises:
        BadArgument: no trials, more successes than trials, alpha outside 0 to 1.
    """
    return _difference(x_control, n_control, x_treatment, n_treatment, alpha, "wald")


def agresti_caffo_interval(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float = 0.05
) -> Interval:
    """The Wald interval after one success and one failure are added to each group.

    Agresti & Caffo (2000): as simple, and covers about what it promises.

    >>> [round(end, 4) for end in agresti_caffo_interval(1, 34, 7, 34)]
    [0.0116, 0.3217]

    Raises:
        BadArgument: no trials, more successes than trials, alpha outside 0 to 1.
    """
    return _difference(x_control, n_control, x_treatment, n_treatment, alpha, "agresti-caffo")


def pooled_interval(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float = 0.05
) -> Interval:
    """The interval that the pooled z-test's standard error gives.

    Taught widely (Udacity's course is an example). The pooled error is right only where there is
    no difference, so this interval agrees with the test, and is off where there is one.

    >>> [round(end, 4) for end in pooled_interval(2033, 17293, 1945, 17260)]
    [-0.0116, 0.0019]

    Raises:
        BadArgument: no trials, more successes than trials, alpha outside 0 to 1.
    """
    _check(x_control, n_control, x_treatment, n_treatment)
    share = (x_control + x_treatment) / (n_control + n_treatment)
    std_error = math.sqrt(share * (1 - share) * (1 / n_control + 1 / n_treatment))
    difference = x_treatment / n_treatment - x_control / n_control
    half = _z(alpha) * std_error
    return difference - half, difference + half


def miettinen_nurminen_interval(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float = 0.05
) -> Interval:
    """The score interval: all differences that a score test would not reject.

    Miettinen & Nurminen (1985), with their factor N/(N - 1); method 6 of Newcombe (1998). The
    shares are re-estimated for every difference tried. (statsmodels 0.15.0 has a wrong
    coefficient in that estimate: its issue 10269.)

    >>> [round(end, 4) for end in miettinen_nurminen_interval(48, 80, 56, 70)]
    [0.0528, 0.3382]

    Raises:
        BadArgument: no trials, more successes than trials, alpha outside 0 to 1.
    """
    groups = (x_control, n_control, x_treatment, n_treatment)
    _check(*groups)
    z = _z(alpha)
    seen = x_treatment / n_treatment - x_control / n_control

    def too_far(difference: float) -> float:
        return abs(_score(seen - difference, difference, groups)) - z

    ends = [
        end if too_far(end) <= 0 else optimize.brentq(too_far, seen, end, xtol=1e-12)
        for end in (-1 + 1e-12, 1 - 1e-12)
    ]
    return round(ends[0], 11), round(ends[1], 11)


def risk_ratio(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float = 0.05
) -> Multiple:
    """The ratio of two shares, with the log interval of Katz et al. (1978).

    >>> found = risk_ratio(1, 34, 7, 34)
    >>> round(found.ratio, 2), [round(end, 2) for end in found.interval]
    (7.0, [0.91, 53.87])

    Raises:
        BadArgument: no successes in a group (its logarithm does not exist), no trials, more
            successes than trials, alpha outside 0 to 1.
    """
    _check(x_control, n_control, x_treatment, n_treatment)
    _no_zero(x_control, x_treatment)
    variance = 1 / x_control - 1 / n_control + 1 / x_treatment - 1 / n_treatment
    return _multiple((x_treatment / n_treatment) / (x_control / n_control), variance, alpha)


def odds_ratio(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float = 0.05
) -> Multiple:
    """The ratio of two odds, with the log interval of Woolf (1955).

    Odds are successes over failures; the odds ratio is near the risk ratio only where successes
    are rare.

    >>> found = odds_ratio(104, 11037, 189, 11034)
    >>> round(found.ratio, 2), [round(end, 2) for end in found.interval]
    (1.83, [1.44, 2.33])

    Raises:
        BadArgument: a group without successes or without failures, no trials, more successes
            than trials, alpha outside 0 to 1.
    """
    _check(x_control, n_control, x_treatment, n_treatment)
    cells = (x_control, n_control - x_control, x_treatment, n_treatment - x_treatment)
    _no_zero(*cells)
    won_control, lost_control, won_treatment, lost_treatment = cells
    ratio = (won_treatment * lost_control) / (lost_treatment * won_control)
    return _multiple(ratio, sum(1 / cell for cell in cells), alpha)


def _score(distance: float, difference: float, groups: tuple[int, int, int, int]) -> float:
    """How many standard errors, estimated as if `difference` were true, the data is away."""
    _, n_control, _, n_treatment = groups
    n = n_control + n_treatment
    control = _restricted_share(difference, groups)
    treatment = control + difference
    variance = control * (1 - control) / n_control + treatment * (1 - treatment) / n_treatment
    if abs(distance) < 1e-15:
        return 0.0
    return distance / math.sqrt(variance * n / (n - 1)) if variance > 0 else math.inf


def _restricted_share(difference: float, groups: tuple[int, int, int, int]) -> float:
    """The control's likeliest share where the treatment's is higher by `difference`.

    The root of the likelihood's derivative, a cubic, that leaves both shares between 0 and 1.
    """
    x_control, n_control, x_treatment, n_treatment = groups
    low, high = max(0.0, -difference), min(1.0, 1.0 - difference)

    def slope(share: float) -> float:
        """The derivative of the log-likelihood times all its denominators."""
        other = share + difference
        a, b = share * (1 - share), other * (1 - other)
        return (x_control - n_control * share) * b + (x_treatment - n_treatment * other) * a

    # the likelihood has one top, so its slope turns from + to - there and nowhere else inside
    if slope(low) == 0 or slope(high) == 0:
        low, high = low + 1e-14, high - 1e-14
    if slope(low) <= 0:
        return low
    return high if slope(high) >= 0 else float(optimize.brentq(slope, low, high, xtol=1e-15))


def _difference(
    x_control: int, n_control: int, x_treatment: int, n_treatment: int, alpha: float, method: str
) -> Interval:
    _check(x_control, n_control, x_treatment, n_treatment)
    low, high = confint_proportions_2indep(
        x_treatment,
        n_treatment,
        x_control,
        n_control,
        method=method,
        alpha=open_share("alpha", alpha),
    )
    return float(low), float(high)


def _multiple(ratio: float, variance: float, alpha: float) -> Multiple:
    log_std_error = math.sqrt(variance)
    spread = math.exp(_z(alpha) * log_std_error)
    z = abs(math.log(ratio)) / log_std_error if log_std_error else np.nan
    return Multiple(
        ratio, (ratio / spread, ratio * spread), log_std_error, float(2 * stats.norm.sf(z))
    )


def _z(alpha: float) -> float:
    return float(stats.norm.isf(open_share("alpha", alpha) / 2))


def _no_zero(*cells: int) -> None:
    if not all(cells):
        raise BadArgument(
            "a cell of the table is 0, whose logarithm does not exist",
            "compare by difference: newcombe_interval",
        )


def _check(x_control: int, n_control: int, x_treatment: int, n_treatment: int) -> None:
    successes_of(x_control, n_control)
    successes_of(x_treatment, n_treatment)
