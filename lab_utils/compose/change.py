"""Replacing a container by a new one while visitors come, in an order of one's choice."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab_utils.compose.output import Provenance, Seen
from lab_utils.compose.visitors import Visit, Visitors

STEPS = ("start", "wait", "stop")
"""Ours, in order: start the new container, wait until the balancer serves it, stop the old one."""

ORDERS = tuple(itertools.permutations(STEPS))
"""All that can be tried."""

BEFORE_S, AFTER_S = 1.0, 2.0
"""Seconds of visitors before the first step, and after all is well again."""


@dataclass(frozen=True, repr=False)
class Change(Seen):
    """What visitors saw of one change.

    Attributes:
        order: the steps, as they were taken.
        took_s: when each step was begun, in seconds since the visitors began to come.
        visits: what every visitor saw.
        recorded: where it comes from, if it was not measured here and now.
        refused: why nothing was changed at all; empty if it was.
    """

    order: tuple[str, ...]
    took_s: tuple[float, ...] = ()
    visits: tuple[Visit, ...] = ()
    recorded: Provenance | None = None
    refused: str = ""

    @property
    def lost(self) -> int:
        """How many visitors went without films."""
        return sum(visit.lost for visit in self.visits)

    @property
    def longest_ms(self) -> float:
        """The longest that any visitor waited."""
        return max((visit.waited_ms for visit in self.visits), default=0.0)

    @property
    def told(self) -> str:
        """What visitors saw, in one line."""
        if self.refused:
            return f"nothing was changed: {self.refused}"
        return (
            f"{', '.join(self.order)}: {self.lost} of {len(self.visits)} visitors lost, the "
            f"longest wait {self.longest_ms:,.0f} ms"
        )


def order_of(steps: object) -> tuple[str, ...] | None:
    """The steps in a student's order; None unless it has each of `STEPS` once."""
    if isinstance(steps, list | tuple) and tuple(steps) in ORDERS:
        return tuple(steps)
    return None


def refused(steps: object) -> Change:
    """The change that was not made, because its steps make no order."""
    given = tuple(map(str, steps)) if isinstance(steps, list | tuple) else (repr(steps),)
    wanted = ", ".join(f'"{step}"' for step in STEPS)
    return Change(given, refused=f"it takes each of {wanted} once, in a list")


def under_traffic(
    order: tuple[str, ...],
    take: Mapping[str, Callable[[], object]],
    settle: Callable[[], object],
    visitors: Visitors,
) -> Change:
    """Take the steps one after the other while visitors come.

    Args:
        order: names of steps.
        take: what each step does.
        settle: waits until all is well again after the last step.
        visitors: who comes; not begun yet.
    """
    began = []
    with visitors:
        _let_pass(visitors, BEFORE_S)
        for step in order:
            began.append(visitors.clock_s)
            take[step]()
        settle()
        _let_pass(visitors, AFTER_S)
    return Change(order, tuple(began), visitors.visits)


def _let_pass(visitors: Visitors, seconds: float) -> None:
    """Wait until so many seconds' visitors have come: they are what is counted."""
    visitors.wait_until(visitors.clock_s + seconds)
