"""Visitors who only look: a few at once, or a steady stream while something else happens."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

import httpx
import numpy as np

CONCURRENCY = 8
"""Visitors at once, each waiting for an answer before asking again."""

TIMEOUT = 10.0
"""Seconds a visitor waits for an answer."""

USERS = range(1, 672)
"""The users there are."""


@dataclass(frozen=True)
class Visit:
    """One request for films, as its visitor saw it.

    Attributes:
        user: who asked.
        variant: who was named in the answer as answering; empty where nobody was.
        status: HTTP status; 0 where no answer came.
        ms: milliseconds until the answer was complete.
    """

    user: str
    variant: str
    status: int
    ms: float


@dataclass(frozen=True)
class Visits:
    """Some visits, and what can be seen in them."""

    all: tuple[Visit, ...]

    def __len__(self) -> int:
        return len(self.all)

    @property
    def split(self) -> dict[str, float]:
        """The share of the visits that each variant had, of those that had one; sums to 1."""
        counts = Counter(visit.variant for visit in self.all if visit.variant)
        return {name: counts[name] / counts.total() for name in sorted(counts)}

    @property
    def met_several(self) -> float:
        """The share of the users who met more than one variant, from 0 to 1."""
        met = self.variants_of_users.values()
        return sum(len(variants) > 1 for variants in met) / len(met) if met else 0.0

    @property
    def variants_of_users(self) -> dict[str, set[str]]:
        """Which variants each user met."""
        met: defaultdict[str, set[str]] = defaultdict(set)
        for visit in self.all:
            if visit.variant:
                met[visit.user].add(visit.variant)
        return dict(met)

    @property
    def statuses(self) -> dict[int, int]:
        """How many visits ended with each HTTP status; 0 is no answer at all."""
        return dict(sorted(Counter(visit.status for visit in self.all).items()))

    @property
    def failed(self) -> float:
        """The share of the visits that brought no films, from 0 to 1."""
        bad = sum(visit.status != httpx.codes.OK for visit in self.all)
        return bad / len(self.all) if self.all else 0.0

    @property
    def mean_wait(self) -> float:
        """Milliseconds that a visit took, on average."""
        return float(np.mean([visit.ms for visit in self.all]))

    def wait(self, quantile: float = 0.5) -> float:
        """Milliseconds within which this share of the visits was answered."""
        return float(np.quantile([visit.ms for visit in self.all], quantile))


def moves(before: Visits, after: Visits) -> dict[str, int]:
    """How many users had which variant before and after; those who met one each time only."""
    then, now = before.variants_of_users, after.variants_of_users
    pairs = [(then[user], now[user]) for user in then if user in now]
    counts = Counter(f"{min(old)} to {min(new)}" for old, new in pairs if len(old) == len(new) == 1)
    return dict(sorted(counts.items()))


def ask(url: str, users: Iterable[object] = USERS, *, concurrency: int = CONCURRENCY) -> Visits:
    """Let users ask for films, each as often as it is in `users`.

    Args:
        url: of a balancer or a recommender.
        users: who asks, in this order.
        concurrency: visitors at once.
    """
    with _client(url) as client, ThreadPoolExecutor(concurrency) as pool:
        return Visits(tuple(pool.map(lambda user: _visit(client, str(user)), users)))


class Stream:
    """Visitors who come one after the other until the stream is stopped; a context manager.

    Args:
        url: of a balancer.
        per_second: how many come in a second, if all are answered at once.
    """

    def __init__(self, url: str, per_second: float = 40) -> None:
        self._seen: list[Visit] = []
        self._over = threading.Event()
        self._users = itertools.cycle(USERS)
        self._lock = threading.Lock()
        pause = CONCURRENCY / per_second
        self._threads = [
            threading.Thread(target=self._come, args=(url, pause), daemon=True)
            for _ in range(CONCURRENCY)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def visits(self) -> Visits:
        """All so far."""
        return Visits(tuple(self._seen))

    def since(self, count: int) -> Visits:
        """All but the first `count`."""
        return Visits(tuple(self._seen[count:]))

    def stop(self) -> Visits:
        """Let nobody come any more, wait for those who are there, and return all visits."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        return self.visits

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def _come(self, url: str, pause: float) -> None:
        with _client(url) as client:
            while not self._over.is_set():
                with self._lock:
                    user = next(self._users)
                self._seen.append(_visit(client, str(user)))
                self._over.wait(pause)


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=TIMEOUT, trust_env=False)


def _visit(client: httpx.Client, user: str) -> Visit:
    begun = time.perf_counter()
    try:
        answer = client.get(f"/recommend/{user}", params={"n": 10})
        status, variant = answer.status_code, answer.headers.get("X-Variant", "")
    except httpx.HTTPError:
        status, variant = 0, ""
    return Visit(user, variant, status, 1000 * (time.perf_counter() - begun))
