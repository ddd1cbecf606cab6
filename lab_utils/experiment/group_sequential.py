"""Looking several times at a growing experiment, at looks fixed beforehand.

After a part t of the data the test's z is a Brownian motion at t divided by sqrt(t): looks share
data, so their false alarms add up to less than the looks' sum, and 1 - (1 - alpha)^looks is
wrong. The probability of never crossing the bounds is integrated from look to look (Armitage,
McPherson & Rowe 1969); every bound and constant here is a root of it. scipy's
`multivariate_normal.cdf(lower_limit=...)` gives the same to the digits that sampling leaves it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from lab_utils.experiment.arguments import one_of, open_share
from lab_utils.experiment.errors import BadArgument

Spending = Literal["obrien-fleming", "pocock"]

NODES = 240
"""Points of the integration between two bounds; ten digits up to about a hundred looks."""

MOST_LOOKS = 200
"""More looks than this are no plan: see `always_valid`."""

FARTHEST = 12.0
"""Bounds beyond this many standard errors are never crossed to sixteen digits."""

Array = NDArray[np.float64]


def crossing_probabilities(
    bounds: Sequence[float], information: Sequence[float], drift: float = 0.0
) -> Array:
    """The probability that |z| exceeds its bound first at each look.

    >>> crossing_probabilities([1.96, 1.96], [0.5, 1.0]).sum().round(3)
    np.float64(0.083)

    Args:
        bounds: shape (looks,), the bound of |z| at each look.
        information: shape (looks,), the part of the data there at each look, rising; only
            ratios matter where there is no drift.
        drift: the expected z at `information` 1, for the power: (true difference) / (its
            standard error at the end).

    Returns:
        shape (looks,); its sum is the probability of any crossing.

    Raises:
        BadArgument: bounds and looks of different number; bounds or steps not above 0.
    """
    times, limits = _looks(information), np.minimum(np.asarray(bounds, dtype=float), FARTHEST)
    if limits.shape != times.shape or not (limits > 0).all():
        raise BadArgument(
            f"there are {limits.size} bounds for {times.size} looks, the least is {limits.min()}",
            "give one bound above 0 for each look",
        )
    path, crossed = _Path(), []
    for time, bound in zip(times.tolist(), limits.tolist(), strict=True):
        crossed.append(path.crosses(time, bound, drift))
        path = path.stays(time, bound, drift)
    return np.array(crossed)


def peeking_rate(looks: int, alpha: float = 0.05) -> float:
    """How often an A/A test looks significant at any of several equally spaced looks.

    Armitage, McPherson & Rowe (1969), Table 2.

    >>> [round(peeking_rate(looks), 3) for looks in (1, 5, 10)]
    [0.05, 0.142, 0.193]

    Args:
        looks: how often |z| is held against the bound of one look, the last look included.
        alpha: the false-alarm rate that one look has.

    Raises:
        BadArgument: no looks or too many, alpha outside 0 to 1.
    """
    z = float(stats.norm.isf(open_share("alpha", alpha) / 2))
    return float(crossing_probabilities([z] * looks, equal_looks(looks)).sum())


def nominal_level(looks: int, alpha: float = 0.05) -> float:
    """The level for each of several looks that keeps alpha over all of them.

    The p-value form of Pocock's (1977) bound; Evan Miller's (2010) table counts peeks before
    the last look, so his 5 peeks are 6 looks.

    >>> round(nominal_level(6), 3)
    0.014

    Args:
        looks: equally spaced, the last one included.
        alpha: the false-alarm rate over all looks.

    Raises:
        BadArgument: no looks or too many, alpha outside 0 to 1.
    """
    return float(2 * stats.norm.sf(pocock_bounds(looks, alpha)[0]))


def pocock_bounds(looks: int, alpha: float = 0.05) -> tuple[float, ...]:
    """Pocock's (1977) bounds of |z|: the same at each of several equally spaced looks.

    >>> round(pocock_bounds(5)[0], 3)
    2.413

    Args:
        looks: equally spaced, the last one included.
        alpha: the false-alarm rate over all looks, both sides together.

    Raises:
        BadArgument: no looks or too many, alpha outside 0 to 1.
    """
    return _bounds_of_shape(np.ones(len(equal_looks(looks))), alpha)


def obrien_fleming_bounds(looks: int, alpha: float = 0.05) -> tuple[float, ...]:
    """O'Brien and Fleming's (1979) bounds of |z|: strict at first, at the end near one look's.

    The bound at look k of K is the last one's times sqrt(K / k).

    >>> [round(bound, 2) for bound in obrien_fleming_bounds(5)]
    [4.56, 3.23, 2.63, 2.28, 2.04]

    Args:
        looks: equally spaced, the last one included.
        alpha: the false-alarm rate over all looks, both sides together.

    Raises:
        BadArgument: no looks or too many, alpha outside 0 to 1.
    """
    return _bounds_of_shape(1 / np.sqrt(np.asarray(equal_looks(looks))), alpha)


def spent_alpha(
    information: float, alpha: float = 0.05, spending: Spending = "obrien-fleming"
) -> float:
    """How much of alpha may be spent when a part of the data is there (Lan & DeMets 1983).

    Each side spends alpha / 2 by 2 (1 - Phi(z / sqrt(t))) or alpha / 2 * log(1 + (e - 1) t).

    >>> round(spent_alpha(0.5), 4), round(spent_alpha(0.5, spending="pocock"), 4)
    (0.0031, 0.031)

    Args:
        information: the part of the planned data, above 0; from 1 on all of alpha is spent.
        alpha: the false-alarm rate over all looks, both sides together.
        spending: the form, named after the bounds it resembles.

    Raises:
        BadArgument: no data, alpha outside 0 to 1.
    """
    open_share("alpha", alpha)
    one_of("spending", spending, get_args(Spending))
    if not information > 0:
        raise BadArgument(f"information is {information}", "give the part of the data, above 0")
    part = min(information, 1.0)
    if spending == "pocock":
        return alpha * math.log(1 + (math.e - 1) * part)
    return float(4 * stats.norm.sf(stats.norm.isf(alpha / 4) / math.sqrt(part)))


def lan_demets_bounds(
    information: Sequence[float], alpha: float = 0.05, spending: Spending = "obrien-fleming"
) -> tuple[float, ...]:
    """Bounds of |z| for looks at any times, by alpha spending (R gsDesign `sfLDOF`, `sfLDPocock`).

    The looks need not be known beforehand: a bound depends on the looks before it only.

    >>> [round(bound, 2) for bound in lan_demets_bounds([0.2, 0.4, 0.6, 0.8, 1.0])]
    [4.88, 3.36, 2.68, 2.29, 2.03]

    Args:
        information: shape (looks,), the part of the planned data at each look, rising, up to 1.
        alpha: the false-alarm rate over all looks, both sides together.
        spending: the form of `spent_alpha`.

    Raises:
        BadArgument: looks that do not rise or pass 1, too many looks, alpha outside 0 to 1.
    """
    times = _looks(information)
    if times[-1] > 1 + 1e-12:
        raise BadArgument(f"the last look is at {times[-1]}", "give parts of the planned data")
    path, bounds, spent = _Path(), [], 0.0
    for time in times.tolist():
        allowed = spent_alpha(time, alpha, spending) - spent
        spent += allowed
        bounds.append(_bound_that_spends(allowed, path, time))
        path = path.stays(time, bounds[-1])
    return tuple(bounds)


def equal_looks(looks: int) -> tuple[float, ...]:
    """The parts of the data at equally spaced looks: 1/K, 2/K, ..., 1.

    Raises:
        BadArgument: no looks, or more than are a plan.
    """
    if not 1 <= looks <= MOST_LOOKS or looks % 1:
        raise BadArgument(f"there are {looks} looks", f"plan between 1 and {MOST_LOOKS} looks")
    return tuple((look + 1) / looks for look in range(int(looks)))


@dataclass(frozen=True)
class _Path:
    """Where z times sqrt(t), whose steps are independent, can be without having crossed yet.

    Attributes:
        time: the part of the data there.
        place: shape (points,), where it can be.
        mass: shape (points,), how probably.
    """

    time: float = 0.0
    place: Array = field(default_factory=lambda: np.zeros(1))
    mass: Array = field(default_factory=lambda: np.ones(1))

    def crosses(self, time: float, bound: float, drift: float = 0.0) -> float:
        """The probability of being beyond the bound at the next look."""
        step, mean, limit = self._next(time, bound, drift)
        beyond = special.ndtr((mean - limit) / step) + special.ndtr((-limit - mean) / step)
        return float(self.mass @ beyond)

    def stays(self, time: float, bound: float, drift: float = 0.0) -> _Path:
        """Where it can be at the next look if it is not beyond the bound."""
        step, mean, limit = self._next(time, bound, drift)
        unit, weight = _nodes()
        place = unit * limit
        kernel = np.exp(-0.5 * ((place[:, None] - mean) / step) ** 2)
        density = kernel @ self.mass / (step * math.sqrt(2 * math.pi))
        return _Path(time, place, weight * limit * density)

    def _next(self, time: float, bound: float, drift: float) -> tuple[float, Array, float]:
        passed = time - self.time
        return math.sqrt(passed), self.place + drift * passed, bound * math.sqrt(time)


@cache
def _nodes() -> tuple[Array, Array]:
    unit, weight = np.polynomial.legendre.leggauss(NODES)
    return unit, weight


def _bound_that_spends(allowed: float, path: _Path, time: float) -> float:
    """The bound that is crossed with the probability allowed, or one that never is."""
    if path.crosses(time, FARTHEST) >= allowed:
        return FARTHEST
    return float(
        optimize.brentq(lambda z: path.crosses(time, z) - allowed, 0, FARTHEST, xtol=1e-12)
    )


def _bounds_of_shape(shape: Array, alpha: float) -> tuple[float, ...]:
    """The multiple of the shape that is crossed with probability alpha."""
    open_share("alpha", alpha)
    times = equal_looks(len(shape))
    first = float(stats.norm.isf(alpha / 2))

    def too_much(factor: float) -> float:
        return float(crossing_probabilities((factor * shape).tolist(), times).sum()) - alpha

    # one look is the least strict, and Bonferroni's the most, of bounds that are equal
    last = float(stats.norm.isf(alpha / 2 / len(shape))) + 1e-6
    factor = float(optimize.brentq(too_much, first - 1e-6, last, xtol=1e-12))
    return tuple((factor * shape).tolist())


def _looks(information: Sequence[float]) -> Array:
    times = np.asarray(information, dtype=float)
    if not 1 <= times.size <= MOST_LOOKS or not (np.diff(times, prepend=0.0) > 0).all():
        raise BadArgument(
            f"the looks are at {times.tolist()}",
            f"give 1 to {MOST_LOOKS} rising parts of the data, all above 0",
        )
    return times
