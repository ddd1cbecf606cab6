"""Quantiles of very many visits, from the values around the quantile alone.

Resampling users takes 2,000 passes over all visits; beyond `MOST_TO_RESAMPLE` of them a formula
says the same in one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lab_utils.experiment.arguments import Array
from lab_utils.experiment.comparison import NAN, Comparison, Interval
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.ratios import ratio_of_sums

MOST_TO_RESAMPLE = 100_000
"""Visits of both variants together up to which users are resampled."""


@dataclass(frozen=True)
class Tail:
    """The values of visits from some value up, and how many are below it.

    Attributes:
        listed: shape (visits listed,), for instance latencies in ms; all that are not `below`.
        users: shape (visits listed,), the number of each one's user, from 0.
        visits: shape (users,), how many each user has, listed or not.
    """

    listed: Array
    users: NDArray[np.int64]
    visits: Array

    def at(self, share: float) -> float:
        """The smallest value that a share of the visits does not exceed.

        Raises:
            BadArgument: it is below the values listed.
        """
        total = int(self.visits.sum())
        rank = min(max(1, math.ceil(share * total - 1e-9)), total)
        place = rank - 1 - (total - self.listed.size)
        if place < 0:
            raise BadArgument(
                f"p{100 * share:.3g} is asked of the slowest {self.listed.size / total:.1%} alone",
                "read the log with that quantile: events.per_user(path, quantile=…)",
            )
        return float(np.partition(self.listed, place)[place])

    def up_to(self, value: float) -> Array:
        """Shape (users,): how many visits of each do not exceed a listed value."""
        above = np.bincount(self.users[self.listed > value], minlength=self.visits.size)
        return self.visits - above


@dataclass(frozen=True)
class _Estimate:
    value: float
    std_error: float

    def interval(self, z: float) -> Interval:
        return self.value - z * self.std_error, self.value + z * self.std_error


def compare_tails(control: Tail, treatment: Tail, q: float, alpha: float = 0.05) -> Comparison:
    """Compare quantile `q` of two groups with users as the unit, without resampling.

    The share of visits that do not exceed the quantile is a ratio metric, whose error the delta
    method gives; the quantiles at either end of that share's interval bound the quantile
    (Woodruff 1952; with repeat visits Deng, Knoblich & Lu 2018, section 4).

    Args:
        control: the visits around the quantile.
        treatment: the same for the treatment group.
        q: the quantile, between 0 and 1.
        alpha: one minus the confidence of the interval.

    Raises:
        BadArgument: a tail does not reach down to the quantile.
    """
    z = float(stats.norm.isf(alpha / 2))
    old, new = (_estimate(group, q, z) for group in (control, treatment))
    difference = new.value - old.value
    std_error = math.hypot(old.std_error, new.std_error)
    statistic = difference / std_error if std_error else NAN
    return Comparison(
        method="quantile, users as clusters by the delta method, Woodruff's interval",
        n_control=control.visits.size,
        n_treatment=treatment.visits.size,
        control=old.value,
        treatment=new.value,
        control_interval=old.interval(z),
        treatment_interval=new.interval(z),
        difference=difference,
        std_error=std_error,
        interval=(difference - z * std_error, difference + z * std_error),
        statistic=statistic,
        df=NAN,
        p_value=float(2 * stats.norm.sf(abs(statistic))),
        relative_interval=_relative(old, new, z),
        warnings=() if std_error else ("all values around the quantile are equal: no interval",),
    )


def _estimate(group: Tail, q: float, z: float) -> _Estimate:
    value = group.at(q)
    share = ratio_of_sums(group.up_to(value), group.visits)
    half = z * math.sqrt(share.variance)
    return _Estimate(value, (group.at(q + half) - group.at(q - half)) / (2 * z))


def _relative(old: _Estimate, new: _Estimate, z: float) -> Interval:
    """Of new over old, minus 1, by the delta method."""
    if not old.value:
        return NAN, NAN
    lift = new.value / old.value
    half = z * math.hypot(new.std_error, lift * old.std_error) / abs(old.value)
    return lift - 1 - half, lift - 1 + half
