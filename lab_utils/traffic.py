"""Visitors: every user of the ratings, replayed against the balancer.

A visit asks for ten films and reports whether one of them is a film that this user did rate
4 or more afterwards. Nothing is invented: the future is in `data/future`, and no recommender
has seen it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import httpx

from lab_utils.ratings import liked_films

FILMS = 10
"""How many films a visit asks for."""

CONCURRENCY = 16
"""Visits under way at once."""

TIMEOUT = 10.0
"""Seconds a visitor waits for an answer."""

PAUSE = 0.2
"""Seconds between two looks for a Ctrl-C, which Windows does not hear in a wait without end."""

Progress = Callable[[int], object]


@dataclass(frozen=True)
class Answered:
    """A recommendation that a visitor received.

    Attributes:
        request_id: the balancer's name for the request.
        user_id: who asked.
        variant: who answered.
        status: HTTP status.
    """

    request_id: str
    user_id: str
    variant: str
    status: int


@dataclass(frozen=True)
class Traffic:
    """What the visitors saw, for comparison with what the balancer has recorded.

    Attributes:
        visits: how many were begun.
        answered: every answer to a recommendation, in order of arrival.
        reported: how many outcomes the balancer confirmed.
        failures: what went wrong, by name, and how often; empty when nothing did.
        seed: of the order in which the users came.
    """

    visits: int
    answered: tuple[Answered, ...]
    reported: int
    failures: Mapping[str, int]
    seed: int


def replay(
    balancer: str,
    *,
    seed: int,
    users: Mapping[str, frozenset[int]] | None = None,
    concurrency: int = CONCURRENCY,
    progress: Progress = lambda _done: None,
) -> Traffic:
    """Send every user through the balancer once, in an order drawn from `seed`.

    Args:
        balancer: its address, e.g. `http://127.0.0.1:8082`.
        seed: of the order.
        users: who visits, and what each will like; everyone by default.
        concurrency: visits under way at once.
        progress: told the number of finished visits after each.

    Raises:
        KeyboardInterrupt: interrupted; the visits under way are given up at once, whether the
            balancer answers or hangs.
    """
    liked = liked_films() if users is None else users
    order = list(liked)
    random.Random(seed).shuffle(order)  # noqa: S311 - an order of visits, not a secret
    replaying = _Replay(balancer, liked, progress)
    # a thread of its own has no event loop yet, whereas a notebook's cell runs inside one
    with ThreadPoolExecutor(max_workers=1) as pool:
        visits = pool.submit(lambda: asyncio.run(replaying.run(order, concurrency)))
        try:
            while not wait([visits], timeout=PAUSE).done:
                pass
        except KeyboardInterrupt:
            replaying.give_up()
            raise
        visits.result()
    return Traffic(
        visits=len(order),
        answered=tuple(replaying.answered),
        reported=replaying.reported,
        failures=dict(replaying.failures),
        seed=seed,
    )


class _Replay:
    """The visits under way, and what came of the finished ones."""

    def __init__(
        self, balancer: str, liked: Mapping[str, frozenset[int]], progress: Progress
    ) -> None:
        self.balancer = balancer
        self.liked = liked
        self.progress = progress
        self.answered: list[Answered] = []
        self.reported = 0
        self.failures: Counter[str] = Counter()
        self.done = 0
        self.begun = threading.Event()
        self.cancel: Callable[[], object] = lambda: None

    def give_up(self) -> None:
        """End the visits under way, from another thread than theirs."""
        self.begun.wait()
        with contextlib.suppress(RuntimeError):  # they have ended by themselves
            self.cancel()

    async def run(self, order: Sequence[str], concurrency: int) -> None:
        loop, visits = asyncio.get_running_loop(), asyncio.current_task()
        if visits is not None:
            self.cancel = lambda: loop.call_soon_threadsafe(visits.cancel)
        self.begun.set()
        waiting = iter(order)
        async with httpx.AsyncClient(
            base_url=self.balancer, timeout=TIMEOUT, trust_env=False
        ) as client:

            async def visitor() -> None:
                for user in waiting:
                    await self.visit(client, user)
                    self.done += 1
                    self.progress(self.done)

            await asyncio.gather(*(visitor() for _ in range(concurrency)))

    async def visit(self, client: httpx.AsyncClient, user: str) -> None:
        try:
            answer = await client.get(f"/recommend/{user}", params={"n": FILMS})
            self.note(user, answer)
            if answer.status_code != httpx.codes.OK:
                self.failures[f"recommendation answered {_named(answer)}"] += 1
                return
            await self.report(client, user, answer)
        except (httpx.HTTPError, ValueError, KeyError) as error:
            self.failures[f"{type(error).__name__} during a visit"] += 1

    def note(self, user: str, answer: httpx.Response) -> None:
        headers = answer.headers
        self.answered.append(
            Answered(
                headers.get("X-Request-Id", ""),
                user,
                headers.get("X-Variant", ""),
                answer.status_code,
            )
        )

    async def report(self, client: httpx.AsyncClient, user: str, answer: httpx.Response) -> None:
        films = {film["movie_id"] for film in answer.json()["movies"]}
        outcome = {
            "user_id": user,
            "request_id": answer.headers["X-Request-Id"],
            "variant": answer.headers["X-Variant"],
            "outcome": int(bool(films & self.liked[user])),
        }
        told = await client.post("/outcome", json=outcome)
        if told.status_code == httpx.codes.CREATED:
            self.reported += 1
        else:
            self.failures[f"outcome answered {_named(told)}"] += 1


def _named(failure: httpx.Response) -> str:
    """A status, with the balancer's reason where it speaks of itself and not of one visitor."""
    status = str(failure.status_code)
    if not failure.is_server_error:
        return status
    try:
        body = failure.json()
    except ValueError:  # HAProxy and nginx answer in HTML
        return status
    reason = body.get("error") if isinstance(body, dict) else None
    return f"{status} ({reason})" if isinstance(reason, str) else status
