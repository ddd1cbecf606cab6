"""The visitors: known users who ask for films at a steady pace, and note what they are told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import httpx

PER_SECOND = 50
MOST_AT_ONCE = 200
"""Requests under way; while there are so many, no further visitor comes."""

PATIENCE_S = 20.0
"""How long a visitor waits for one answer."""
BEFORE_ANOTHER_TRY_S = 0.1


@dataclass(frozen=True)
class Answer:
    """What a visitor was told.

    Attributes:
        at: when it was asked for, the last time if it took several; in seconds of the diary.
        user_id: who asked.
        request_id: the balancer's name for the request.
        status: HTTP status.
        variant: the user's variant, as the balancer says.
        failover: the variant that stood in, as the balancer says; None if none did.
        answered_by: the variant that the recommender says it is; None if it was no recommender.
        latency_s: from asking, the last time, to the answer.
    """

    at: float
    user_id: str
    request_id: str
    status: int
    variant: str | None
    failover: str | None
    answered_by: str | None
    latency_s: float


@dataclass(frozen=True)
class Cut:
    """A try that ended without an answer: refused, cut off, or too slow; the visitor tries again.

    Attributes:
        began: when it was asked, in seconds of the diary.
        ended: when it was over.
        why: what the client's library says.
        request_id: of an answer whose head had come; empty if none had.
    """

    began: float
    ended: float
    why: str
    request_id: str = ""


class Visitors:
    """Known users, in an order drawn from a seed.

    Args:
        balancer: its address.
        users: who comes; again and again.
        started: the time on the monotonic clock that counts as 0.
        seed: of the order.
    """

    def __init__(
        self, balancer: str, users: Sequence[str], *, started: float, seed: int = 1
    ) -> None:
        self.answers: list[Answer] = []
        self.cuts: list[Cut] = []
        self._balancer = balancer
        self._users = users
        self._started = started
        self._random = random.Random(seed)  # noqa: S311 - an order of visits, not a secret

    async def come(self, over: asyncio.Event) -> None:
        """Ask until it is over; every visit that was begun is brought to its end."""
        limits = httpx.Limits(max_connections=MOST_AT_ONCE)
        visits: set[asyncio.Task[None]] = set()
        async with (
            httpx.AsyncClient(
                base_url=self._balancer, timeout=PATIENCE_S, limits=limits, trust_env=False
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            while not over.is_set():
                if len(visits) < MOST_AT_ONCE:
                    visit = group.create_task(self._visit(client))
                    visits.add(visit)
                    visit.add_done_callback(visits.discard)
                await asyncio.sleep(1 / PER_SECOND)

    async def _visit(self, client: httpx.AsyncClient) -> None:
        user = self._random.choice(self._users)
        while True:
            began, request_id = self._now(), ""
            try:
                async with client.stream("GET", f"/recommend/{user}") as answer:
                    request_id = answer.headers.get("X-Request-Id", "")
                    await answer.aread()
            except httpx.TransportError as error:
                why = f"{type(error).__name__}: {error}"
                self.cuts.append(Cut(began, self._now(), why, request_id))
                await asyncio.sleep(BEFORE_ANOTHER_TRY_S)
            else:
                self.answers.append(_noted(answer, user, began, self._now() - began))
                return

    def _now(self) -> float:
        return monotonic() - self._started


def _noted(answer: httpx.Response, user: str, at: float, latency_s: float) -> Answer:
    headers = answer.headers
    try:
        answered_by = answer.json().get("variant")
    except ValueError:
        answered_by = None
    return Answer(
        at=at,
        user_id=user,
        request_id=headers.get("X-Request-Id", ""),
        status=answer.status_code,
        variant=headers.get("X-Variant"),
        failover=headers.get("X-Failover"),
        answered_by=answered_by,
        latency_s=latency_s,
    )
