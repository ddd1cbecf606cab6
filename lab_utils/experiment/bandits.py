"""A bandit replayed: what a strategy that learns would have made of visits seen already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lab_utils.experiment.arguments import values_of
from lab_utils.experiment.comparison import NAN, Interval
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.proportions import wilson_interval

Outcomes = Counter[tuple[str, int]]
"""How often a variant had an outcome: `outcomes["b", 1]` are its successes."""

STREAM = 2011
"""Sets the lots drawn here apart from others drawn with the same seed."""


@dataclass(frozen=True)
class Replay:
    """What a strategy would have got.

    Attributes:
        visits: seen in the log.
        kept: of them, those in which the strategy chose what was served.
        successes: among the kept.
        chosen: how many of the kept each variant had.
    """

    visits: int
    kept: int
    successes: int
    chosen: dict[str, int]

    @property
    def rate(self) -> float:
        """The strategy's rate of success; NaN where nothing was kept."""
        return self.successes / self.kept if self.kept else NAN

    def interval(self, alpha: float = 0.05) -> Interval:
        """Wilson's interval of `rate`; for a strategy that learns, an approximation.

        Raises:
            BadArgument: nothing was kept.
        """
        return wilson_interval(self.successes, self.kept, alpha)


def replay(
    choose: Callable[[Outcomes], str],
    variants: Sequence[str],
    outcomes: ArrayLike,
    planned: Mapping[str, float],
    seed: int = 0,
) -> Replay:
    """Let a strategy choose anew at each visit, and keep those where it chose what was served.

    Li, Chu, Langford & Wang (2011): visits served at random are, where kept, visits that the
    strategy would have had, in their order, so its rate of success is unbiased. Served in
    unequal shares, a kept visit is dropped again with the chance that evens them out. Each
    visit has to be assigned by itself, or each user have one: a sticky user's second visit is no
    new choice.

    >>> seen = replay(lambda outcomes: "b", ["a", "b", "b", "a"], [0, 1, 0, 1], {"a": 1, "b": 1})
    >>> seen.kept, seen.rate
    (2, 0.5)

    Args:
        choose: from the outcomes kept so far to a variant, such as the balancer's
            `thompson_sampling` with its weights and random numbers filled in.
        variants: shape (visits,), what was served, by time.
        outcomes: shape (visits,), 1 for a success and 0 for none.
        planned: the share of each variant when the visits were served; only ratios matter.
        seed: of the visits dropped to even out unequal shares.

    Raises:
        BadArgument: outcomes other than 0 and 1 or not one a visit; a variant without a share,
            served or chosen.
    """
    won = values_of("outcomes", outcomes)
    if won.size != len(variants) or not np.isin(won, [0, 1]).all():
        found = (
            f"{won.size} outcomes for {len(variants)} visits, between {won.min()} and {won.max()}"
        )
        raise BadArgument(found, "give 0 or 1 for each visit")
    _with_share(set(variants), planned)
    least = min(planned.values())
    # a stream of its own: the same seed may have served the visits
    lots = np.random.default_rng([seed, STREAM]).random(won.size).tolist()
    seen: Outcomes = Counter()
    for variant, outcome, lot in zip(variants, won.astype(int).tolist(), lots, strict=True):
        choice = choose(seen)
        if choice not in planned:
            _with_share({choice}, planned)
        if choice == variant and lot * planned[variant] < least:
            seen[variant, outcome] += 1
    chosen = {name: seen[name, 0] + seen[name, 1] for name in planned}
    return Replay(won.size, sum(chosen.values()), sum(seen[name, 1] for name in planned), chosen)


def _with_share(names: set[str], planned: Mapping[str, float]) -> None:
    unknown = names - set(planned)
    if unknown or not planned or min(planned.values()) <= 0:
        raise BadArgument(
            f"the shares are {dict(planned)}, and there is {', '.join(sorted(names))}",
            "give the share above 0 that each variant was served with",
        )
