"""What is done to the stack, in which order; and the diary that says when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from benchmarks.chaos.stack import ChaosStack
from benchmarks.chaos.visitors import Visitors

Do = Callable[[ChaosStack], object]


@dataclass(frozen=True)
class Trouble:
    """One way to hurt the stack, and how it is made good again.

    Attributes:
        title: what happens, for the account.
        do: does it.
        undo: makes it good again; None where there is nothing to make good.
        backends: how many the balancer must find healthy afterwards.
        downtime: whether the balancer itself is away; then it is made good at once.
        nobody: whether no backend is healthy until it is made good.
    """

    title: str
    do: Do
    undo: Do | None = None
    backends: int = 2
    downtime: bool = False
    nobody: bool = False


def _killed(service: str) -> Trouble:
    return Trouble(
        f"{service[-1]} is killed",
        lambda stack: stack.container(service).kill("SIGKILL"),
        lambda stack: stack.container(service).start(),
    )


def _paused(service: str) -> Trouble:
    return Trouble(
        f"{service[-1]} is paused",
        lambda stack: stack.container(service).pause(),
        lambda stack: stack.container(service).unpause(),
    )


def _cut_off(service: str) -> Trouble:
    return Trouble(
        f"{service[-1]} loses its network",
        lambda stack: stack.cut_off(service),
        lambda stack: stack.join(service),
    )


DOUBLED = Trouble("there are two of a", lambda stack: stack.double("recommender-a"), backends=3)
ONE_OF_TWO_KILLED = Trouble(
    "one of the two is killed",
    lambda stack: stack.containers("recommender-a")[-1].kill("SIGKILL"),
    lambda stack: stack.containers("recommender-a")[-1].remove(force=True),
)
# The network gives the address of one that died to the next that starts: here the other variant's.
ADDRESSES_SWAPPED = Trouble(
    "both die, b comes first",
    lambda stack: stack.swap_addresses("recommender-a", "recommender-b"),
    lambda stack: stack.container("recommender-a").start(),
    nobody=True,
)
BALANCER_RESTARTED = Trouble(
    "the balancer is restarted",
    lambda stack: stack.container("balancer").restart(timeout=10),
    downtime=True,
)
BALANCER_KILLED = Trouble(
    "the balancer is killed",
    lambda stack: stack.container("balancer").kill("SIGKILL"),
    lambda stack: stack.container("balancer").start(),
    downtime=True,
)


@dataclass(frozen=True)
class Plan:
    """How much is done.

    Attributes:
        troubles: one after the other.
        hold_s: seconds that each is in force.
    """

    troubles: tuple[Trouble, ...]
    hold_s: float


FULL = Plan(
    (
        _killed("recommender-a"),
        _killed("recommender-b"),
        _paused("recommender-a"),
        _paused("recommender-b"),
        _cut_off("recommender-a"),
        _cut_off("recommender-b"),
        DOUBLED,
        ONE_OF_TWO_KILLED,
        ADDRESSES_SWAPPED,
        BALANCER_RESTARTED,
        BALANCER_KILLED,
    ),
    hold_s=5.0,
)
BRIEF = Plan(
    (
        _killed("recommender-a"),
        _paused("recommender-b"),
        _cut_off("recommender-a"),
        DOUBLED,
        ONE_OF_TWO_KILLED,
        ADDRESSES_SWAPPED,
        BALANCER_RESTARTED,
    ),
    hold_s=2.5,
)


@dataclass(frozen=True)
class Chapter:
    """A stretch of time.

    Attributes:
        title: what had been done at its beginning.
        began: in seconds since the load began.
        ended: the same.
        downtime: whether the balancer was away in it.
        nobody: whether no backend was healthy in a part of it.
    """

    title: str
    began: float
    ended: float
    downtime: bool
    nobody: bool


@dataclass(frozen=True)
class Diary:
    """What was done when, and what the visitors saw."""

    chapters: tuple[Chapter, ...]
    visitors: Visitors


async def tell(
    stack: ChaosStack, users: list[str], plan: Plan, say: Callable[[str], object]
) -> Diary:
    """Hurt the stack as planned, under load.

    Args:
        stack: up, and healthy.
        users: who visits.
        plan: what is done.
        say: told each step.
    """
    started = monotonic()
    visitors = Visitors(stack.ports.url("balancer"), users, started=started)
    chapters: list[Chapter] = []
    over = asyncio.Event()
    coming = asyncio.create_task(visitors.come(over))

    async def chapter(
        title: str, *doing: Do, hold_s: float, downtime: bool = False, nobody: bool = False
    ) -> None:
        say(title)
        began = monotonic() - started
        for do in doing:
            await asyncio.to_thread(do, stack)
        await asyncio.sleep(hold_s)
        chapters.append(Chapter(title, began, monotonic() - started, downtime, nobody))

    try:
        await chapter("all is well", hold_s=plan.hold_s / 2)
        for each in plan.troubles:
            mending: list[Do] = [each.undo] if each.undo else []
            mending.append(_healthy(each.backends))
            if each.downtime or each.undo is None:
                await chapter(
                    each.title, each.do, *mending, hold_s=plan.hold_s, downtime=each.downtime
                )
            else:
                await chapter(each.title, each.do, hold_s=plan.hold_s, nobody=each.nobody)
                await chapter(
                    "... and is mended", *mending, hold_s=plan.hold_s / 2, nobody=each.nobody
                )
        await chapter("all is well again", hold_s=plan.hold_s / 2)
    except BaseException:
        coming.cancel()  # if the balancer does not come back, they would ask for ever
        raise
    over.set()
    await coming
    return Diary(tuple(chapters), visitors)


def _healthy(backends: int) -> Do:
    return lambda stack: stack.wait_until_healthy(backends)
