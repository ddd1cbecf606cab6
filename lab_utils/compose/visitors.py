"""Visitors who come at a steady pace, whatever becomes of the stack meanwhile.

Each has a moment at which they come. Who is kept waiting holds nobody else up, so that a fault
shows as long as it lasts, and not as a pause in the questions.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

RATE = 40.0
"""Visits a second: far below what a stack can do, and enough to see a tenth of a second."""

TIMEOUT = 5.0
"""Seconds a visitor waits for an answer."""


@dataclass(frozen=True)
class Visit:
    """One question and what came of it.

    Attributes:
        at_s: when it was asked, in seconds since the visitors began to come.
        waited_ms: until the answer, or until it was given up.
        status: of the answer; 0 if none came.
    """

    at_s: float
    waited_ms: float
    status: int

    @property
    def lost(self) -> bool:
        """Whether the visitor went without films."""
        return self.status != httpx.codes.OK


class Visitors:
    """Visitors that come for as long as the `with` block lasts.

    Args:
        balancer: its address.
        users: who comes, one after the other, again and again.
        rate: visits a second.
    """

    def __init__(self, balancer: str, users: Sequence[str], rate: float = RATE) -> None:
        self._balancer = balancer
        self._users = users
        self._pause = 1 / rate
        self._visits: list[Visit] = []
        self._leave = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._come()), daemon=True)
        self._began = 0.0

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Those that are over, in the order in which they were asked."""
        return tuple(sorted(self._visits, key=lambda each: each.at_s))

    @property
    def clock_s(self) -> float:
        """Seconds since they began to come."""
        return time.monotonic() - self._began

    def wait_until(self, clock_s: float) -> None:
        """Return when the visitors of so many seconds have come."""
        self._leave.wait(max(0.0, clock_s - self.clock_s))

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave.set()
        self._thread.join()

    async def _come(self) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, limits=limits) as client,
            asyncio.TaskGroup() as under_way,
        ):
            number = 0
            while not self._leave.is_set():
                user = self._users[number % len(self._users)]
                under_way.create_task(self._visit(client, user))
                number += 1
                await asyncio.sleep(max(0.0, number * self._pause - self.clock_s))

    async def _visit(self, client: httpx.AsyncClient, user: str) -> None:
        asked = self.clock_s
        try:
            answer = await client.get(f"{self._balancer}/recommend/{user}", params={"n": 3})
            status = answer.status_code
        except httpx.HTTPError:
            status = 0
        self._visits.append(Visit(asked, (self.clock_s - asked) * 1000, status))


def users_of(balancer: str, variant: str, *, among: int = 40) -> list[str]:
    """Users whom the balancer sends to one variant, found by asking for the first few.

    Raises:
        httpx.HTTPError: the balancer does not answer.
    """
    with httpx.Client(base_url=balancer, timeout=TIMEOUT, trust_env=False) as client:
        asked = {str(user): client.get(f"/recommend/{user}?n=1") for user in range(1, among + 1)}
    return [user for user, answer in asked.items() if answer.headers.get("X-Variant") == variant]
