"""The smallest sample that reaches a power: what every design here is solved with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from scipy import optimize, stats

from lab_utils.experiment.arguments import one_of, open_share
from lab_utils.experiment.errors import BadArgument

Sides = Literal["two-sided", "one-sided"]

MOST_USERS = 1e15
"""Above this a size is no longer a plan."""


@dataclass(frozen=True)
class SampleSize:
    """Users needed, unrounded.

    Attributes:
        control: users in the control group.
        treatment: users in the treatment group.
    """

    control: float
    treatment: float

    @property
    def total(self) -> float:
        """Users of both groups."""
        return self.control + self.treatment

    @property
    def whole(self) -> tuple[int, int]:
        """Whole users in control and treatment, rounded up."""
        return math.ceil(self.control), math.ceil(self.treatment)


def tail_of(alpha: float, sides: Sides) -> float:
    """The false-alarm rate on the side where the effect is; `BadArgument` for other words."""
    open_share("alpha", alpha)
    one_of("sides", sides, get_args(Sides))
    return alpha / 2 if sides == "two-sided" else alpha


def critical_z(alpha: float, sides: Sides) -> float:
    """The normal deviate that a z statistic has to pass."""
    return float(stats.norm.isf(tail_of(alpha, sides)))


def worth_planning(difference: float, power: float, alpha: float) -> None:
    """`BadArgument` unless there is something to plan for."""
    open_share("power", power), open_share("alpha", alpha)
    if not difference:
        raise BadArgument("the difference is 0", "no number of users shows that nothing differs")
    if power <= alpha:
        raise BadArgument(f"power is {power}, alpha {alpha}", "ask for more power than alpha")


def smallest_sample(
    power_at: Callable[[float, float], float],
    power: float,
    share_treatment: float,
    fewest: float = 1e-6,
) -> SampleSize:
    """The total at which the power is reached, split by share.

    Args:
        power_at: the power for users in control and in treatment; grows with both.
        power: the chance of seeing the difference.
        share_treatment: the treatment's part of the users.
        fewest: users in all for which `power_at` is defined.

    Raises:
        BadArgument: more than `MOST_USERS` would be needed; a share outside 0 to 1.
    """
    open_share("share_treatment", share_treatment)

    def missing(log_total: float) -> float:
        total = math.exp(log_total)
        return power_at(total * (1 - share_treatment), total * share_treatment) - power

    low, high = math.log(fewest), math.log(fewest) + 1
    while missing(high) < 0:
        high += 2
        if high > math.log(MOST_USERS):
            raise BadArgument("the difference is too small", "plan for a larger difference")
    if missing(low) >= 0:
        high = low
    total = math.exp(low if high == low else optimize.brentq(missing, low, high, xtol=1e-14))
    return SampleSize(total * (1 - share_treatment), total * share_treatment)
