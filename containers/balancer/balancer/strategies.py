"""Strategies: which variant a request gets, and then which of the variant's backends.

Two different decisions. The variant is the experiment: it decides what a user sees, and the
analysis depends on how it was chosen. The backend is plumbing: all backends of a variant answer
the same, and the question is only which of them is free.

All are pure functions, testable without a socket: numbers that look random come in as arguments.
To add one: write the function, and name it in the table at the end of this file. To try one
without touching this file, see own_strategy.py.

In all of them, a variant with weight 0 is never returned, and one weight at least is above 0.
"""

from __future__ import annotations

import math
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping, Sequence
    from random import Random


# Which variant?


def sticky(weights: Mapping[str, float], salt: str, user_id: str) -> str:
    """Always the same variant for the same user: weighted rendezvous hashing.

    Each variant draws a number from the hash of salt, its own name and the user, and the highest
    score wins. Nothing is stored, so replicas agree without talking and a restart changes
    nothing. A variant's score depends on its own weight alone: when one weight grows, the only
    users who move are those who move *to* that variant.

    Sources: D. G. Thaler and C. V. Ravishankar, "Using name-based mappings to increase hit
    rates", IEEE/ACM Transactions on Networking 6(1), 1998 (rendezvous hashing); J. Resch, "New
    hashing algorithms for data storage", SNIA SDC 2015 (the score -weight / ln(u)).

    Args:
        weights: the weight of each variant; only their ratios matter.
        salt: another salt splits the same users differently: use a new one for each experiment.
        user_id: any text.

    >>> sticky({"a": 70, "b": 30}, "spring", "17") == sticky({"a": 7, "b": 3}, "spring", "17")
    True
    """
    user = user_id.encode("utf-8", "surrogatepass")
    best, chosen = -1.0, ""
    for variant, weight in weights.items():
        if weight > 0:
            score = -weight / math.log(_uniform(salt, variant, user))
            if score > best:
                best, chosen = score, variant
    return chosen


def canary(weights: Mapping[str, float], variant: str, percent: float) -> dict[str, float]:
    """The weights that send `percent` of the users to one variant, and the rest as before.

    Users are then split by `sticky`: whoever has met the canary stays with it, and raising the
    percentage moves users to it and none away from it.

    Args:
        weights: the weight of each variant; that of the canary is not looked at.
        variant: the canary; another one needs a weight above 0.
        percent: above 0 and below 100.

    >>> canary({"a": 70, "b": 30}, "b", 5)
    {'a': 95.0, 'b': 5}
    """
    others = sum(weight for name, weight in weights.items() if name != variant)
    return {
        name: percent if name == variant else (100 - percent) * weight / others
        for name, weight in weights.items()
    }


def weighted_random(weights: Mapping[str, float], number: float) -> str:
    """A variant in proportion to its weight, anew for each request.

    Args:
        weights: the weight of each variant; only their ratios matter.
        number: uniformly random, at least 0 and below 1.

    >>> weighted_random({"a": 70, "b": 30}, 0.69), weighted_random({"a": 70, "b": 30}, 0.71)
    ('a', 'b')
    """
    left = number * sum(weights.values())
    chosen = ""
    for variant, weight in weights.items():
        if weight > 0:
            chosen = variant
            if left < weight:
                break
            left -= weight
    # Rounding may leave a crumb after the last variant: it belongs to that one.
    return chosen


def epsilon_greedy(
    weights: Mapping[str, float],
    outcomes: Counter[tuple[str, int]],
    epsilon: float,
    explore: float,
    pick: float,
) -> str:
    """Nearly always the variant that does best so far; now and then any of them, to learn.

    A variant without outcomes counts as perfect, and so is tried before it is judged.

    Source: R. S. Sutton and A. G. Barto, "Reinforcement Learning", 2nd edition, 2018, section 2.2.

    Args:
        weights: only whether one is above 0 matters: who takes part.
        outcomes: how often a variant had an outcome: `outcomes["b", 1]` are its successes.
        epsilon: how often to explore, from 0 (never) to 1 (always).
        explore: uniformly random, at least 0 and below 1: exploring happens below epsilon.
        pick: the same, and independent: whom to explore.
    """
    able = [variant for variant, weight in weights.items() if weight > 0]
    if explore < epsilon:
        return able[int(pick * len(able))]

    def success_rate(variant: str) -> float:
        successes, failures = outcomes[variant, 1], outcomes[variant, 0]
        return successes / (successes + failures) if successes + failures else 1.0

    return max(able, key=success_rate)


def thompson_sampling(
    weights: Mapping[str, float], outcomes: Counter[tuple[str, int]], random: Random
) -> str:
    """Each variant as often as it is probable that it is the best one.

    What is known of a variant's success rate is a Beta distribution: flat to begin with, and
    narrower with each outcome. A number is drawn from each, and the highest wins.

    Source: W. R. Thompson, "On the likelihood that one unknown probability exceeds another in
    view of the evidence of two samples", Biometrika 25(3/4), 1933.

    Args:
        weights: only whether one is above 0 matters: who takes part.
        outcomes: how often a variant had an outcome: `outcomes["b", 1]` are its successes.
        random: where the draws come from; the same seed draws the same again.
    """
    return max(
        (variant for variant, weight in weights.items() if weight > 0),
        key=lambda name: random.betavariate(1 + outcomes[name, 1], 1 + outcomes[name, 0]),
    )


# Which backend? Each gets the requests in flight at every healthy backend (one at least), the
# number of choices made before, and a random number; and returns the position of the backend.


def round_robin(in_flight: Sequence[int], turn: int, number: float) -> int:  # noqa: ARG001
    """One after the other.

    >>> [round_robin([9, 0, 0], turn, 0.5) for turn in range(4)]
    [0, 1, 2, 0]
    """
    return turn % len(in_flight)


def least_outstanding(in_flight: Sequence[int], turn: int, number: float) -> int:  # noqa: ARG001
    """Who has the fewest requests in flight; those with equally few take turns.

    >>> least_outstanding([2, 1, 3], 0, 0.5)
    1
    """
    fewest = min(in_flight)
    equals = [position for position, load in enumerate(in_flight) if load == fewest]
    return equals[turn % len(equals)]


def power_of_two_choices(in_flight: Sequence[int], turn: int, number: float) -> int:  # noqa: ARG001
    """Of two backends drawn at random, the one with fewer requests in flight.

    Nearly as even as `least_outstanding` when one balancer decides, and better when many do: they
    do not all run to the same backend because it was the emptiest a moment ago.

    Source: M. Mitzenmacher, "The power of two choices in randomized load balancing", IEEE
    Transactions on Parallel and Distributed Systems 12(10), 2001.

    >>> {power_of_two_choices([5, 1], 0, number / 10) for number in range(10)}
    {1}
    """
    count = len(in_flight)
    if count == 1:
        return 0
    # One number is enough for an ordered pair: there are count * (count - 1), all equally likely.
    first, second = divmod(int(number * count * (count - 1)), count - 1)
    second += second >= first
    return first if in_flight[first] <= in_flight[second] else second


# The names that the settings know.


class Facts(Protocol):
    """What a variant can be chosen by, besides the user. The balancer is one."""

    weights: dict[str, float]
    salt: str
    epsilon: float
    outcomes: Counter[tuple[str, int]]
    random: Random


VARIANT_STRATEGIES: Final[dict[str, Callable[[Facts, str], str]]] = {
    "sticky": lambda facts, user: sticky(facts.weights, facts.salt, user),
    "weighted_random": lambda facts, _: weighted_random(facts.weights, facts.random.random()),
    # The settings have put the canary's share into the weights already.
    "canary": lambda facts, user: sticky(facts.weights, facts.salt, user),
    "epsilon_greedy": lambda facts, _: epsilon_greedy(
        facts.weights,
        facts.outcomes,
        facts.epsilon,
        facts.random.random(),
        facts.random.random(),
    ),
    "thompson_sampling": lambda facts, _: thompson_sampling(
        facts.weights, facts.outcomes, facts.random
    ),
}

LEARNING: Final = frozenset(("epsilon_greedy", "thompson_sampling"))
"""Those that need to know outcomes."""

BACKEND_STRATEGIES: Final[dict[str, Callable[[Sequence[int], int, float], int]]] = {
    "round_robin": round_robin,
    "least_outstanding": least_outstanding,
    "power_of_two_choices": power_of_two_choices,
}


def _uniform(salt: str, variant: str, user: bytes) -> float:
    """A number strictly between 0 and 1 that looks random and never changes."""
    hashing = begun(salt, variant).copy()
    hashing.update(user)
    # 52 bits and the half fit a float exactly; the half keeps 0 and 1, where ln fails, out.
    return ((int.from_bytes(hashing.digest(), "big") >> 12) + 0.5) / 2**52


@lru_cache(maxsize=64)
def begun(salt: str, variant: str) -> blake2b:
    """The hash of all that is the same for every user: a third of the work, done once."""
    # The zero bytes keep ("ab", "c") and ("a", "bc") apart.
    return blake2b(f"{salt}\0{variant}\0".encode("utf-8", "surrogatepass"), digest_size=8)
