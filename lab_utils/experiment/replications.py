"""The same experiment a thousand times over: how often does an analysis fool its reader?

Of one experiment nobody knows whether its verdict was luck. Of a thousand with a known truth one
counts. Every replication has users of its own, drawn from a `World`, and an assignment of its
own: a coin for each user, which is what a sticky hash with a new salt amounts to.

Only sums are kept: of each arm at each look the users and what the three analyses need of their
successes and visits. So a thousand experiments of 2,000 users take seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lab_utils.experiment.always_valid import asymptotic_confidence_sequence
from lab_utils.experiment.arguments import at_least, open_share, values_of
from lab_utils.experiment.comparison import Interval
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.population import Visits, draw
from lab_utils.experiment.proportions import wilson_interval
from lab_utils.experiment.sample_ratio import chi_square
from lab_utils.experiment.simulator import World

Floats = NDArray[np.float64]

Analysis = Literal["per request", "user means", "delta method", "within periods"]
"""How two arms are compared: visits as if independent; the mean of users' own rates; successes
per visit with users as the unit; visits within each period between two looks, periods weighted
by their size."""

USERS_AT_ONCE = 10_000
"""Users drawn together: enough to be fast, few enough for a processor's cache."""


@dataclass(frozen=True)
class Frequency:
    """How often something happened in many replications.

    >>> print(Frequency(50, 1_000))
    5.0% of 1,000 (95% interval 3.8% to 6.5%)

    Attributes:
        times: it happened.
        of: replications.
    """

    times: int
    of: int

    @property
    def rate(self) -> float:
        """`times` as a share of `of`."""
        return self.times / self.of

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval: what a thousand more replications might say."""
        return wilson_interval(self.times, self.of)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.rate:.1%} of {self.of:,} (95% interval {low:.1%} to {high:.1%})"

    __repr__ = __str__


def frequency(happened: ArrayLike) -> Frequency:
    """How often it is true.

    Args:
        happened: shape (replications,), true or false.

    Raises:
        BadArgument: no replications.
    """
    seen = values_of("happened", happened).astype(bool)
    return Frequency(int(seen.sum()), seen.size)


@dataclass(frozen=True)
class Sums:
    """What is kept of every replication; all of shape (replications, looks, 2).

    The last axis is control, treatment; everything is summed over users, up to the look.
    """

    users: Floats
    visits: Floats
    successes: Floats
    visits_squared: Floats
    successes_squared: Floats
    products: Floats
    rates: Floats
    rates_squared: Floats


@dataclass(frozen=True)
class Replications:
    """Many experiments, and what each analysis makes of them.

    Attributes:
        world: the truth.
        share: the treatment's planned share of users, over all visits.
        sums: of each replication, look and arm.
    """

    world: World
    share: float
    sums: Sums

    def estimates(self, analysis: Analysis = "delta method") -> Floats:
        """Treatment minus control, shape (replications, looks)."""
        return self._compared(analysis)[0]

    def z(self, analysis: Analysis = "delta method") -> Floats:
        """Estimates divided by their standard errors, shape (replications, looks)."""
        difference, squared_error = self._compared(analysis)
        return np.asarray(difference / np.sqrt(squared_error))

    def p_values(self, analysis: Analysis = "delta method") -> Floats:
        """Two-sided, by the normal distribution, shape (replications, looks)."""
        return np.asarray(2 * stats.norm.sf(np.abs(self.z(analysis))))

    def split_p_values(self) -> Floats:
        """Of the users seen at the end against the planned split, shape (replications,)."""
        return chi_square(self.sums.users[:, -1].astype(np.int64), [1 - self.share, self.share])[1]

    def always_valid_bounds(self, tuning_users: float, alpha: float = 0.05) -> Floats:
        """Bounds of |z| at each look that stand any number of looks, shape (replications, looks).

        Args:
            tuning_users: users of both arms at which they are to be tightest.
            alpha: the false-alarm rate over all looks.

        Raises:
            BadArgument: tuning_users not above 0, alpha outside 0 to 1.
        """
        users, where = np.unique(self.sums.users.sum(axis=2), return_inverse=True)
        bounds = [
            asymptotic_confidence_sequence(0, 1, n, tuning_users, alpha).half_width for n in users
        ]
        return np.asarray(np.array(bounds)[where.reshape(self.sums.users.shape[:2])])

    def _compared(self, analysis: Analysis) -> tuple[Floats, Floats]:
        """Differences and their squared standard errors."""
        if analysis == "per request":
            return _pooled_rates(self.sums.successes, self.sums.visits)
        if analysis == "within periods":
            return self._within_periods()
        value, squared_error = (
            self._user_means() if analysis == "user means" else self._ratios_of_sums()
        )
        return value[..., 1] - value[..., 0], squared_error.sum(axis=-1)

    def _user_means(self) -> tuple[Floats, Floats]:
        """Every user counts once, whatever the visits; Welch's errors."""
        n = self.sums.users
        mean = self.sums.rates / n
        return mean, (self.sums.rates_squared - n * mean**2) / (n - 1) / n

    def _ratios_of_sums(self) -> tuple[Floats, Floats]:
        """As `ratios.ratio_of_sums`, from sums (Deng, Knoblich & Lu 2018, eq. 3)."""
        s = self.sums
        ratio = s.successes / s.visits
        residuals = s.successes_squared - 2 * ratio * s.products + ratio**2 * s.visits_squared
        return ratio, residuals / (s.users - 1) * s.users / s.visits**2

    def _within_periods(self) -> tuple[Floats, Floats]:
        """Each period by itself, weighted by n_a n_b / (n_a + n_b) as Cochran (1954) does."""
        successes, visits = (
            np.diff(each, axis=1, prepend=0) for each in (self.sums.successes, self.sums.visits)
        )
        difference, squared_error = _pooled_rates(successes, visits)
        weight = visits.prod(axis=2) / visits.sum(axis=2)
        total = weight.cumsum(axis=1)
        return (
            (weight * difference).cumsum(axis=1) / total,
            (weight**2 * squared_error).cumsum(axis=1) / total**2,
        )


def replicate(
    world: World,
    share: float | Mapping[int, float] = 0.5,
    looks: int = 1,
    replications: int = 1_000,
    seed: int = 0,
) -> Replications:
    """The experiment many times over, each time with other users and another split.

    >>> found = replicate(World({"a": 0.1, "b": 0.1}, users=500), replications=200, seed=1)
    >>> frequency(found.p_values()[:, -1] < 0.05).of
    200

    Args:
        world: the truth; the first of its `rates` is the control, the second the treatment.
        share: the treatment's share of users. For a ramp-up one for each day from which on it
            holds; users then move to the treatment and none away from it, as with `canary`.
        looks: equally spaced in time, the last one at the end.
        replications: how many.
        seed: of all that is drawn.

    Raises:
        BadArgument: other than two variants, no looks or replications, shares outside 0 to 1, a
            ramp-up that does not begin on day 0, too few users for each look to have some.
    """
    at_least("looks", looks, 1), at_least("replications", replications, 1)
    if len(world.rates) != 2:
        raise BadArgument(f"the world has variants {list(world.rates)}", "give it two")
    shares = dict(sorted(share.items())) if isinstance(share, Mapping) else {0: share}
    if next(iter(shares), None) != 0:
        raise BadArgument(f"the ramp-up has days {list(shares)}", "begin it on day 0")
    planned = [open_share("a share", each) for each in shares.values()]
    rng = np.random.default_rng(seed)
    parts = [
        _sums(world, rng, shares, looks, together)
        for together in _portions(replications, max(1, USERS_AT_ONCE // world.users))
    ]
    whole = Sums(*(np.concatenate(each) for each in zip(*parts, strict=True)))
    if not (whole.users >= 2).all():
        raise BadArgument(
            f"at one of {looks} looks an arm has fewer than 2 of {world.users} users",
            "give more users, or fewer looks",
        )
    lasts = np.diff([*shares, world.days]) / world.days
    return Replications(world, float(np.dot(planned, lasts)), whole)


def ever_crossed(z: ArrayLike, bounds: ArrayLike) -> NDArray[np.bool_]:
    """Whether |z| was beyond its bound at any look, shape (replications,).

    Args:
        z: shape (replications, looks).
        bounds: one for all looks, one for each, or of the shape of z.

    Raises:
        BadArgument: z or bounds of another shape.
    """
    return np.asarray(_beyond(z, bounds).any(axis=1))


def looks_taken(z: ArrayLike, bounds: ArrayLike) -> NDArray[np.int64]:
    """At which look each test was over, shape (replications,): at its first crossing or the last.

    Args:
        z: shape (replications, looks).
        bounds: as for `ever_crossed`.

    Raises:
        BadArgument: z or bounds of another shape.
    """
    beyond = _beyond(z, bounds)
    looks = np.where(beyond.any(axis=1), beyond.argmax(axis=1) + 1, beyond.shape[1])
    return np.asarray(looks, dtype=np.int64)


def _beyond(z: ArrayLike, bounds: ArrayLike) -> NDArray[np.bool_]:
    seen, limits = np.asarray(z, dtype=float), np.asarray(bounds, dtype=float)
    if seen.ndim != 2 or limits.shape not in ((), seen.shape[1:], seen.shape):
        found = f"z has shape {seen.shape}, the bounds {limits.shape}"
        raise BadArgument(found, "give z by test and look, and one bound or one for each look")
    return np.asarray(np.abs(seen) > limits)


def family_wise_error(
    tests: int, alpha: float = 0.05, correlation: float = 0.0, **more: int
) -> Frequency:
    """How often one at least of several tests alarms where nothing differs, counted.

    Args:
        tests: metrics (or segments) that are each tested at alpha.
        alpha: the false-alarm rate of one.
        correlation: of any two of them, from 0 to below 1.
        **more: `replications` (10,000) and `seed` (0).

    Raises:
        BadArgument: no tests, alpha outside 0 to 1, a correlation outside 0 to below 1.
    """
    at_least("tests", tests, 1), open_share("alpha", alpha)
    if not 0 <= correlation < 1:
        raise BadArgument(f"correlation is {correlation}", "give one from 0 to below 1")
    rng = np.random.default_rng(more.get("seed", 0))
    shape = more.get("replications", 10_000), tests
    common, own = rng.normal(size=(shape[0], 1)), rng.normal(size=shape)
    z = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    return frequency(ever_crossed(z, stats.norm.isf(alpha / 2)))


def _portions(whole: int, most: int) -> Iterator[int]:
    while whole > 0:
        yield min(most, whole)
        whole -= most


def _sums(
    world: World, rng: np.random.Generator, shares: Mapping[int, float], looks: int, together: int
) -> list[Floats]:
    """The fields of `Sums` for some replications drawn together."""
    patient = bool(np.isinf(world.patience_ms))
    users = together * world.users
    visits = draw(world, rng, users, with_latency=not patient, exact=False)
    arm = _arms(visits, rng.random(users), shares)
    seen, success = _logged(world, rng, visits, arm)
    # a user who moves in a ramp-up is a unit of each arm, so everybody is two units;
    # by replication, then arm, then user
    units = 2 * users
    cell = visits.whose + (visits.whose // world.users + arm) * world.users
    if looks > 1:
        cell += units * np.minimum((visits.day * (looks / world.days)).astype(np.int64), looks - 1)
    came, won = (
        np.bincount(cell[which], minlength=looks * units).reshape(looks, together, 2, -1)
        for which in (seen, seen & success)
    )
    counts, successes = np.zeros((2, together, 2, world.users))
    at_looks = []
    for new_counts, new_successes in zip(came, won, strict=True):
        counts += new_counts
        successes += new_successes
        at_looks.append(_moments(counts, successes))
    return list(np.moveaxis(np.array(at_looks), 0, 2))


def _moments(counts: Floats, successes: Floats) -> Floats:
    """Sums over users in the order of `Sums`, shape (8, replications, 2)."""
    rates = successes / np.maximum(counts, 1)
    pairs = ((counts, counts), (successes, successes), (counts, successes), (rates, rates))
    squared = [np.einsum("rau,rau->ra", one, other) for one, other in pairs]
    users = np.count_nonzero(counts, axis=2)
    plain = [each.sum(axis=2) for each in (counts, successes, rates)]
    return np.array([users, *plain[:2], *squared[:3], plain[2], squared[3]])


def _arms(visits: Visits, coin: Floats, shares: Mapping[int, float]) -> NDArray[np.int64]:
    """0 or 1 for each visit: a user's coin, held against the share of the day."""
    if len(shares) == 1:
        return (coin < shares[0]).astype(np.int64)[visits.whose]
    phase = np.searchsorted(list(shares), visits.day, side="right") - 1
    return (coin[visits.whose] < np.array(list(shares.values()))[phase]).astype(np.int64)


def _logged(
    world: World, rng: np.random.Generator, visits: Visits, arm: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which visits left a line, and which of all were successes."""
    old, new = (visits.chance(name) for name in world.rates)
    success = visits.luck < np.where(arm == 1, new, old)
    seen = np.ones(arm.size, dtype=bool)
    if any(world.lost.values()):
        lost = np.array([world.lost.get(name, 0.0) for name in world.rates])
        seen &= rng.random(arm.size) >= lost[arm]
    if np.isfinite(world.patience_ms):
        slower = np.array([world.slower.get(name, 1.0) for name in world.rates])
        seen &= visits.latency * slower[arm] <= world.patience_ms
    return seen, success


def _pooled_rates(successes: Floats, visits: Floats) -> tuple[Floats, Floats]:
    """The textbook's z-test of two shares: difference and squared error under no difference."""
    rate = successes / visits
    pooled = successes.sum(axis=2) / visits.sum(axis=2)
    return rate[..., 1] - rate[..., 0], pooled * (1 - pooled) * (1 / visits).sum(axis=2)
