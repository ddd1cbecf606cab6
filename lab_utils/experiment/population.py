"""Who comes, when, and how likely to succeed: what `simulator` and `replications` draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special

from lab_utils.experiment.arguments import open_share, positive

if TYPE_CHECKING:
    from lab_utils.experiment.simulator import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LATENCY_SPREAD = 0.3
"""Standard deviation of the latency's logarithm between users, and again between their visits."""

GAVE_UP = 499
"""The status that nginx gives a request whose client has gone."""

RANKS = 8_192
"""Steps of the table that rates are read from where users are many."""


@dataclass(frozen=True)
class Device:
    """A kind of user.

    Attributes:
        share: of visits on the first day.
        last_share: of visits on the last day, in between on a straight line; None for as at first.
        rates: the true rate of each variant with this kind; None for those of the world.
        slower: a factor on latency.
    """

    share: float
    last_share: float | None = None
    rates: Mapping[str, float] | None = None
    slower: float = 1.0

    def __post_init__(self) -> None:
        positive("a share", self.share), positive("a share", self.end_share)
        positive("a factor", self.slower)
        for rate in (self.rates or {}).values():
            open_share("a rate", rate)

    @property
    def end_share(self) -> float:
        """Of visits on the last day."""
        return self.share if self.last_share is None else self.last_share

    @property
    def mean_share(self) -> float:
        """Of all visits."""
        return (self.share + self.end_share) / 2


@dataclass(frozen=True)
class Visits:
    """Visits before a variant is chosen.

    Attributes:
        world: what they were drawn from.
        rank: shape (users,), where a user's rate stands among those of all, 0 to 1.
        before: shape (users,), a score from before the test that goes along with the rank.
        device: shape (users,), a position in the world's `devices`.
        whose: shape (visits,), the user of each visit, ascending.
        day: shape (visits,), days since the start.
        latency: shape (visits,), milliseconds under a variant as slow as the control; empty where
            nobody asked.
        luck: shape (visits,), the visit is a success where this is below its chance.
        exact: whether each user's rate is computed, which takes long where users are millions;
            else it is that of the nearest of `RANKS` ranks.
    """

    world: World
    rank: Floats
    before: Floats
    device: Ints
    whose: Ints
    day: Floats
    latency: Floats
    luck: Floats
    exact: bool

    def chance(self, variant: str) -> Floats:
        """The probability of success of each visit under a variant, shape (visits,)."""
        kinds = self.world.devices.values()
        means = np.array([(kind.rates or self.world.rates)[variant] for kind in kinds])
        own = self.own_rates(self.rank, means[self.device])[self.whose]
        factor = self.world.novelty.get(variant, 1.0)
        if factor == 1:
            return own
        left = 0.5 ** (self.age / self.world.novelty_days)
        return np.asarray(np.minimum(1.0, own * (1 + (factor - 1) * left)))

    def own_rates(self, rank: Floats, mean: Floats) -> Floats:
        """The quantile at each rank of a Beta distribution with this mean and our ICC."""
        total = 1 / self.world.icc - 1
        if self.exact:
            return np.asarray(special.betaincinv(mean * total, (1 - mean) * total, rank))
        means, which = np.unique(mean, return_inverse=True)
        tables = np.array([_rates_by_rank(float(each), total) for each in means])
        return np.asarray(tables[which, (rank * RANKS).astype(np.int64)])

    @property
    def age(self) -> Floats:
        """Days since the user's first visit, shape (visits,)."""
        starts = np.flatnonzero(np.diff(self.whose, prepend=-1))
        first = np.minimum.reduceat(self.day, starts)
        return np.asarray(self.day - np.repeat(first, np.diff(starts, append=self.day.size)))


@lru_cache(maxsize=64)
def _rates_by_rank(mean: float, total: float) -> Floats:
    """A Beta distribution's quantiles at `RANKS` ranks, in the middle of each step."""
    steps = (np.arange(RANKS) + 0.5) / RANKS
    return np.asarray(special.betaincinv(mean * total, (1 - mean) * total, steps))


def draw(
    world: World,
    rng: np.random.Generator,
    users: int,
    *,
    with_latency: bool = True,
    exact: bool = True,
) -> Visits:
    """Users and their visits; nothing here depends on the variant they will get."""
    rank = rng.random(users)
    before = rank + rng.normal(0, 0.3, users)
    kinds = list(world.devices.values())
    edges = np.cumsum([kind.mean_share for kind in kinds])[:-1]
    device = np.searchsorted(edges, rng.random(users), side="right")
    visits = rng.geometric(1 / world.visits_per_user, users)
    whose = np.arange(users).repeat(visits)
    day = world.days * _when(rng.random(whose.size), kinds, device[whose])
    latency = np.empty(0)
    if with_latency:
        slower = np.array([kind.slower for kind in kinds])[device]
        own = rng.normal(0, LATENCY_SPREAD, users)[whose]
        spread = own + rng.normal(0, LATENCY_SPREAD, whose.size)
        latency = world.latency_ms * slower[whose] * np.exp(spread)
    luck = rng.random(whose.size)
    return Visits(world, rank, before, device, whose, day, latency, luck, exact)


def _when(part: Floats, kinds: list[Device], device: Ints) -> Floats:
    """The time, 0 to 1, by which a part of the visits of a device has come.

    The share of visits goes from first to last on a straight line, so the part that has come is
    a parabola, and this is its inverse.
    """
    if all(kind.share == kind.end_share for kind in kinds):
        return part
    first, last, mean = (
        np.array([getattr(kind, name) for kind in kinds])[device]
        for name in ("share", "end_share", "mean_share")
    )
    come = part * mean
    return np.asarray(2 * come / (first + np.sqrt(first**2 + 2 * (last - first) * come)))
