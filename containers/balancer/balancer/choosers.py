"""Strategies as the balancer runs them: what is the same for every user is done beforehand.

strategies.py says what each does, and is what to read. A chooser does the very same for one set of
weights, and takes half the time; the balancer asks for a new one whenever the weights change. Tests
hold the two equal.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, cycle
from math import log
from struct import Struct
from typing import TYPE_CHECKING, Final

from balancer.strategies import VARIANT_STRATEGIES, begun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from balancer.strategies import Facts

_REMEMBERED: Final = 4_096
_ONE_IN: Final = 8
_unpacked: Final = Struct(">Q").unpack

HASHED: Final = ("sticky", "canary")
"""Strategies that `Sticky` stands in for; another that keeps users hashes them its own way."""


def chooser(strategy: str, facts: Facts) -> Callable[[str], str]:
    """The variant for a user, for as long as the weights stay as they are.

    Args:
        strategy: a name in `VARIANT_STRATEGIES`.
        facts: what it chooses by.
    """
    if strategy in HASHED:
        return Sticky(facts.weights, facts.salt).__getitem__
    if strategy == "weighted_random":
        return weighted_random(facts.weights, facts.random.random)
    choose = VARIANT_STRATEGIES[strategy]
    return lambda user_id: choose(facts, user_id)


class Sticky(dict[str, str]):
    """See `strategies.sticky`: the variant of each user, asked for like a dictionary's.

    Hashing takes 1.5 microseconds, looking up a thirtieth of one: so users are remembered, but only
    every eighth who is hashed. Who comes often is soon among them; who comes once mostly leaves no
    trace, which would cost half a microsecond. When there are too many, all are forgotten:
    `functools.lru_cache` would forget one at a time, from where no cache of the processor reaches.

    >>> Sticky({"a": 70, "b": 30}, "spring")["17"]
    'a'
    """

    def __init__(self, weights: Mapping[str, float], salt: str) -> None:
        super().__init__()
        self._variants = [
            (variant, -weight, begun(salt, variant).copy)
            for variant, weight in weights.items()
            if weight > 0
        ]
        self._lottery = cycle((True, *[False] * (_ONE_IN - 1)))

    def __missing__(self, user_id: str) -> str:
        user = user_id.encode("utf-8", "surrogatepass")
        best, chosen = -1.0, ""
        for variant, minus_weight, hashing_begun in self._variants:
            hashing = hashing_begun()
            hashing.update(user)
            (number,) = _unpacked(hashing.digest())
            score = minus_weight / log(((number >> 12) + 0.5) / 2.0**52)
            if score > best:
                best, chosen = score, variant
        if next(self._lottery):
            if len(self) >= _REMEMBERED:
                self.clear()
            self[user_id] = chosen
        return chosen


def weighted_random(
    weights: Mapping[str, float], random: Callable[[], float]
) -> Callable[[str], str]:
    """See `strategies.weighted_random`; `random` draws its number.

    >>> weighted_random({"a": 70, "b": 30}, lambda: 0.71)("17")
    'b'
    """
    names = [variant for variant, weight in weights.items() if weight > 0]
    *ends, total = accumulate(weight for weight in weights.values() if weight > 0)

    def choose(_user_id: str) -> str:
        return names[bisect_right(ends, random() * total)]

    return choose
