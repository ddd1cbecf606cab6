"""Strategies: how a request gets its variant. Pure functions, testable without a socket.

Each takes the weights (by variant, at least one above zero) and whatever decides; a variant
with weight 0 is never returned.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

STRATEGIES: Final = ("sticky", "weighted_random")


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
    return max(
        (variant for variant, weight in weights.items() if weight > 0),
        key=lambda variant: -weights[variant] / math.log(_uniform(salt, variant, user_id)),
    )


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


def _uniform(salt: str, variant: str, user_id: str) -> float:
    """A number strictly between 0 and 1 that looks random and never changes."""
    # The zero bytes keep ("ab", "c") and ("a", "bc") apart.
    key = f"{salt}\0{variant}\0{user_id}".encode("utf-8", "surrogatepass")
    digest = blake2b(key, digest_size=8).digest()
    # 52 bits and the half fit a float exactly; the half keeps 0 and 1, where ln fails, out.
    return ((int.from_bytes(digest, "big") >> 12) + 0.5) / 2**52
