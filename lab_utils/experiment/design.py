"""The design: how many users, for how long, to see how small a difference.

Sizes are returned unrounded, as R returns them; round up before you plan with them. Two
programs give different sizes for the same question where they use different conventions, so
each convention has a name here:

- "pooled": the z-test's own variances, pooled under no difference, separate under the
  alternative (Fleiss, Levin & Paik 2003, eq. 4.14; R `power.prop.test`).
- "baseline": as "pooled", but under no difference both groups have the control's share (Evan
  Miller's calculator). One size is meant for a gain and for a loss of this much: whichever you
  ask of, the one towards one half is taken, which needs more users.
- "arcsine": Cohen's h, whose variance does not depend on the shares (Cohen 1988, chapter 6;
  R `pwr.2p.test`, `pwr.2p2n.test`).

A two-sided test has power for an effect only on the effect's own side: a rejection on the other
side is a wrong answer. Where programs count it all the same (`pwr`), "arcsine" follows them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import pandas as pd
from scipy import optimize, stats

from lab_utils.experiment.arguments import one_of, open_share, positive
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.sample_size import (
    SampleSize,
    Sides,
    critical_z,
    smallest_sample,
    worth_planning,
)

Convention = Literal["pooled", "baseline", "arcsine"]


def cohens_h(p_treatment: float, p_control: float) -> float:
    """Cohen's effect size h: 2 asin(sqrt(p_treatment)) - 2 asin(sqrt(p_control)).

    Cohen (1988), eq. 6.2.1. In radians, between -pi and pi.

    >>> round(cohens_h(0.75, 0.5), 4)
    0.5236

    Raises:
        BadArgument: a share outside 0 to 1.
    """
    for share in (p_treatment, p_control):
        if not 0 <= share <= 1:
            raise BadArgument(f"a share is {share}", "give shares between 0 and 1")
    return 2 * (math.asin(math.sqrt(p_treatment)) - math.asin(math.sqrt(p_control)))


def effect_power(
    h: float,
    n_control: float,
    n_treatment: float,
    alpha: float = 0.05,
    sides: Sides = "two-sided",
) -> float:
    """Power to see an effect of size h between two shares: the "arcsine" convention.

    Cohen (1988), section 6.2; R `pwr.2p2n.test`. With unequal groups it is the harmonic mean of
    their sizes that counts. One-sided, the side is h's own.

    >>> round(effect_power(0.3, 80, 245, sides="one-sided"), 4)
    0.7533

    Args:
        h: the effect size of `cohens_h`, of either sign.
        n_control: users in the control group.
        n_treatment: users in the treatment group.
        alpha: the false-alarm rate, of both sides together where two are tested.
        sides: whether a loss would be reported as well as a gain.

    Raises:
        BadArgument: alpha outside 0 to 1, a group without users.
    """
    positive("n_control", n_control), positive("n_treatment", n_treatment)
    shift = abs(h) / math.sqrt(1 / n_control + 1 / n_treatment)
    z = critical_z(alpha, sides)
    power = stats.norm.sf(z - shift)
    return float(power + stats.norm.cdf(-z - shift) if sides == "two-sided" else power)


def power_of_proportions(
    p_control: float,
    p_treatment: float,
    n_control: float,
    n_treatment: float,
    alpha: float = 0.05,
    sides: Sides = "two-sided",
    convention: Convention = "pooled",
) -> float:
    """Power of a test of two shares of users.

    >>> round(power_of_proportions(0.5, 0.75, 50, 50), 4)
    0.7402

    Args:
        p_control: the control's share, between 0 and 1.
        p_treatment: the treatment's true share.
        n_control: users in the control group.
        n_treatment: users in the treatment group.
        alpha: the false-alarm rate, of both sides together where two are tested.
        sides: one-sided means the side on which `p_treatment` lies.
        convention: the formula; see the module's docstring.

    Raises:
        BadArgument: a share or alpha outside 0 to 1, a group without users.
    """
    open_share("p_control", p_control), open_share("p_treatment", p_treatment)
    positive("n_control", n_control), positive("n_treatment", n_treatment)
    one_of("convention", convention, get_args(Convention))
    if convention == "arcsine":
        return effect_power(cohens_h(p_treatment, p_control), n_control, n_treatment, alpha, sides)
    null = p_control
    if convention == "pooled":
        n = n_control + n_treatment
        null = (n_control * p_control + n_treatment * p_treatment) / n
    else:
        towards_half = 1 if p_control <= 0.5 else -1
        p_treatment = p_control + towards_half * abs(p_treatment - p_control)
    under_null = math.sqrt(null * (1 - null) * (1 / n_control + 1 / n_treatment))
    under_effect = math.sqrt(
        p_control * (1 - p_control) / n_control + p_treatment * (1 - p_treatment) / n_treatment
    )
    distance = abs(p_treatment - p_control) - critical_z(alpha, sides) * under_null
    return float(stats.norm.cdf(distance / under_effect))


def users_for_proportions(
    p_control: float,
    p_treatment: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sides: Sides = "two-sided",
    convention: Convention = "pooled",
    share_treatment: float = 0.5,
) -> SampleSize:
    """Users needed to see the difference between two shares.

    >>> users_for_proportions(0.5, 0.75, power=0.9).whole
    (77, 77)
    >>> users_for_proportions(0.5, 0.55, share_treatment=0.3).total > 3_700
    True

    Args:
        p_control: the control's share, between 0 and 1.
        p_treatment: the treatment's share that must not be missed; for "5 % better than 20 %"
            say whether 0.21 (relative) or 0.25 (points) is meant: a factor of 25 in users.
        power: the chance of seeing it.
        alpha: the false-alarm rate, of both sides together where two are tested.
        sides: whether a loss would be reported as well as a gain.
        convention: the formula; see the module's docstring.
        share_treatment: the treatment's part of the users.

    Raises:
        BadArgument: equal shares, anything that must lie between 0 and 1 and does not.
    """
    worth_planning(p_treatment - p_control, power, alpha)
    return smallest_sample(
        lambda control, treatment: power_of_proportions(
            p_control, p_treatment, control, treatment, alpha, sides, convention
        ),
        power,
        share_treatment,
    )


def users_for_effect(
    h: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sides: Sides = "two-sided",
    share_treatment: float = 0.5,
) -> SampleSize:
    """Users needed to see an effect of Cohen's size h (R `pwr.2p.test`).

    >>> round(users_for_effect(0.5235987755982988, power=0.8).control, 1)
    57.3

    Args:
        h: the effect size of `cohens_h`, of either sign.
        power: the chance of seeing it.
        alpha: the false-alarm rate, of both sides together where two are tested.
        sides: whether a loss would be reported as well as a gain.
        share_treatment: the treatment's part of the users.

    Raises:
        BadArgument: h of 0, anything that must lie between 0 and 1 and does not.
    """
    worth_planning(h, power, alpha)
    return smallest_sample(
        lambda control, treatment: effect_power(h, control, treatment, alpha, sides),
        power,
        share_treatment,
    )


def detectable_proportion(
    p_control: float,
    n_control: float,
    n_treatment: float,
    power: float = 0.8,
    alpha: float = 0.05,
    sides: Sides = "two-sided",
    convention: Convention = "pooled",
    *,
    below: bool = False,
) -> float:
    """The treatment's share nearest to the control's that is still seen with this power.

    >>> round(detectable_proportion(0.5, 50, 50, power=0.9), 4)
    0.8026

    Args:
        p_control: the control's share, between 0 and 1.
        n_control: users in the control group.
        n_treatment: users in the treatment group.
        power: the chance of seeing it.
        alpha: the false-alarm rate, of both sides together where two are tested.
        sides: whether a loss would be reported as well as a gain.
        convention: the formula; see the module's docstring.
        below: look for a loss instead of a gain.

    Returns:
        The share itself; the minimum detectable effect is this minus `p_control`.

    Raises:
        BadArgument: no share on that side is seen with this power; an argument out of range.
    """
    worth_planning(1, power, alpha)
    open_share("p_control", p_control)

    def missing(p_treatment: float) -> float:
        seen = power_of_proportions(
            p_control, p_treatment, n_control, n_treatment, alpha, sides, convention
        )
        return seen - power

    near, far = (p_control, 1e-12) if below else (p_control, 1 - 1e-12)
    if missing(far) < 0:
        raise BadArgument(
            f"no share {'below' if below else 'above'} {p_control} is seen with power {power} "
            f"by {n_control:g} and {n_treatment:g} users",
            "plan for more users or less power",
        )
    return float(optimize.brentq(missing, near, far, xtol=1e-13))


def power_curve(
    p_control: float,
    differences: Sequence[float],
    users: Sequence[int],
    alpha: float = 0.05,
    sides: Sides = "two-sided",
    convention: Convention = "pooled",
    share_treatment: float = 0.5,
) -> pd.DataFrame:
    """Power over numbers of users, for each of several true differences of shares.

    >>> power_curve(0.12, [0.02], [2_000, 8_000]).round(2)["power"].tolist()
    [0.26, 0.76]

    Args:
        p_control: the control's share, between 0 and 1.
        differences: true differences, in shares (0.02 is two points).
        users: users of both groups together.
        alpha: the false-alarm rate.
        sides: whether a loss would be reported as well as a gain.
        convention: the formula; see the module's docstring.
        share_treatment: the treatment's part of the users.

    Returns:
        Columns `difference`, `users`, `power`; one row for each pair.

    Raises:
        BadArgument: as for `power_of_proportions`.
    """
    open_share("share_treatment", share_treatment)
    rows = [
        (
            difference,
            n,
            power_of_proportions(
                p_control,
                p_control + difference,
                n * (1 - share_treatment),
                n * share_treatment,
                alpha,
                sides,
                convention,
            ),
        )
        for difference in differences
        for n in users
    ]
    return pd.DataFrame(rows, columns=["difference", "users", "power"])


def days_needed(users: float, users_per_day: float, share_in_test: float = 1.0) -> int:
    """Whole days until the test has its users, at a given traffic.

    Counts new users a day: one who comes back is not a second user. Plan whole weeks where
    weekdays differ.

    >>> days_needed(7_640, 1_000, share_in_test=0.5)
    16

    Args:
        users: users of both groups together, such as `SampleSize.total`.
        users_per_day: new users a day who could take part.
        share_in_test: the part of them that is let into the test, above 0 and up to 1.

    Raises:
        BadArgument: no users, no traffic, a share outside 0 to 1.
    """
    positive("users", users), positive("users_per_day", users_per_day)
    if not 0 < share_in_test <= 1:
        raise BadArgument(f"share_in_test is {share_in_test}", "give a share above 0 and up to 1")
    return math.ceil(users / (users_per_day * share_in_test))
