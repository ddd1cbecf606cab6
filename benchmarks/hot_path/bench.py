"""A balancer without sockets, fed with requests and answers by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

from balancer import balancer as balancer_module
from balancer import heads, hot_path
from balancer.backend import Target
from balancer.backend_side import BackendConnection
from balancer.balancer import Balancer
from balancer.client_side import ClientConnection
from balancer.control import View
from balancer.event_log import EventLog
from balancer.forward import Forwarded
from balancer.settings import parse
from balancer.strategies import sticky

CLIENTS = 16
"""Requests that arrive in the same turn of the loop."""

BROWSER = (
    b"Host: 127.0.0.1:8082\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0\r\n"
    b"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n"
    b"Accept-Language: en-GB,en;q=0.8\r\nCache-Control: max-age=0\r\nSec-Fetch-Dest: document\r\n"
    b"Sec-Fetch-Mode: navigate\r\nUpgrade-Insecure-Requests: 1\r\nCookie: session=%d\r\n"
    b"\r\n"
)
"""A browser's headers, but for a number in one of them."""
BODY = b'{"user_id": "17", "variant": "a", "model": "constant", "movies": []}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
    len(BODY),
    BODY,
)


@dataclass(frozen=True)
class Load:
    """One kind of request.

    Attributes:
        title: in one word, what its users and headers are.
        users: how many there are; they take turns.
        unique: whether a header differs from each request to the next.
    """

    title: str
    users: int
    unique: bool

    def request(self, number: int) -> bytes:
        """The bytes of one."""
        headers = BROWSER % (number if self.unique else 0)
        return b"GET /recommend/%d?n=10 HTTP/1.1\r\n%b" % (number % self.users, headers)


KNOWN = Load("known", users=600, unique=False)
UNIQUE = Load("new", users=10**9, unique=True)
LOADS = (KNOWN, UNIQUE)


class Transport:
    """Takes everything and sends nothing."""

    def write(self, data: bytes) -> None:
        """See asyncio."""

    abort = close = write

    def is_closing(self) -> bool:
        """Never."""
        return False

    def get_extra_info(self, _name: str) -> tuple[str, int]:
        """The address of a client."""
        return "127.0.0.1", 4711


class Bench(Balancer):
    """A balancer whose turns are taken by hand.

    Args:
        folder: for its event log.
    """

    def __init__(self, folder: Path) -> None:
        variants = {"a": {"weight": 70, "backends": ["127.0.0.1:1"]}}
        variants["b"] = {"weight": 30, "backends": ["127.0.0.1:2"]}
        log = folder / "events.jsonl"
        settings = parse({"event_log": str(log), "salt": "bench", "variants": variants})
        super().__init__(settings, EventLog(log), failing=lambda *_: None)
        targets = {
            name: [Target(f"127.0.0.1:{port}", "127.0.0.1", port, healthy=True)]
            for port, name in enumerate(variants, start=1)
        }
        self.apply(View(settings.weights, targets, []))
        self._clients = [self._connected(ClientConnection(self)) for _ in range(CLIENTS)]
        self._connections: list[BackendConnection] = []
        for variant in self.variants.values():
            (backend,) = variant.backends.values()
            for _ in range(CLIENTS):
                connection = self._connected(BackendConnection(backend))
                backend.keep(connection)
                self._connections.append(connection)

    def turn_soon(self) -> None:
        """Turns are taken by hand."""
        self.turning = True

    def serve(self, load: Load, first: int) -> None:
        """A request from each client, and its answer.

        Args:
            load: what is asked.
            first: the number of the first request; it and all others come once.
        """
        for number, client in enumerate(self._clients, start=first):
            client.data_received(load.request(number))
        self.take_turn()
        for connection in self._connections:
            if connection.exchange is not None:
                connection.data_received(ANSWER)
        self.take_turn()

    @staticmethod
    def _connected(connection: Any) -> Any:
        connection.connection_made(Transport())
        return connection


@dataclass(frozen=True)
class Trick:
    """A trick, and how to do without it.

    Attributes:
        name: what is done instead.
        without: a context in which a bench does without it.
    """

    name: str
    without: Callable[[Bench], Any]


@contextmanager
def _as_it_is(_bench: Bench) -> Iterator[None]:
    yield


@contextmanager
def _general_way(_bench: Bench) -> Iterator[None]:
    def take_each(_balancer: Balancer, arrived: Sequence[tuple[Any, bytes]]) -> None:
        for connection, data in arrived:
            connection.take(data)

    with (
        mock.patch.object(balancer_module, "take_requests", take_each),
        mock.patch.object(balancer_module, "take_answers", take_each),
    ):
        yield


@contextmanager
def _requests_parsed_anew(bench: Bench) -> Iterator[None]:
    parse_anew = heads._parsed_request_fields.__wrapped__
    with mock.patch.object(
        hot_path, "request_fields", _forgetful(bench, "_clients", "outline", parse_anew)
    ):
        yield


@contextmanager
def _answers_parsed_anew(bench: Bench) -> Iterator[None]:
    parsed = heads._parsed_response.__wrapped__

    def parse_anew(head: bytes) -> heads.ResponseHead:
        return parsed(head, 200, b"HTTP/1.1 200 OK\r\n")

    with mock.patch.object(
        hot_path, "parse_response", _forgetful(bench, "_connections", "outline", parse_anew)
    ):
        yield


def _forgetful(
    bench: Bench, whose: str, what: str, parse_anew: Callable[..., Any]
) -> Callable[..., Any]:
    """A parser that leaves nothing to be remembered: `what` is a property that forgets."""
    for each in getattr(bench, whose):
        each.__class__ = _forgetting(type(each), what, getattr(each, what))
    return parse_anew


def _forgetting(kind: type, what: str, at_first: Any) -> type:
    nothing = property(lambda _: at_first, lambda _self, _value: None)
    return type(f"Forgetting{kind.__name__}", (kind,), {what: nothing})


@contextmanager
def _no_gap(_bench: Bench) -> Iterator[None]:
    def nowhere(*_: Any) -> None:  # a Mock would take longer than what is measured
        return

    with mock.patch.object(hot_path, "find_gap", nowhere):
        yield


@contextmanager
def _attributes_in_a_dict(_bench: Bench) -> Iterator[None]:
    # A class of its own: its first instance has none of the attributes that come later.
    late = type("Late", (Forwarded,), {})
    with mock.patch.object(hot_path, "Forwarded", late):
        yield


@contextmanager
def _users_hashed_anew(bench: Bench) -> Iterator[None]:
    bench.choose_variant = lambda user: sticky(bench.weights, bench.salt, user)
    yield


@contextmanager
def _a_write_for_each(bench: Bench) -> Iterator[None]:
    together = bench.event_log.append_all

    def one_by_one(lines: list[str]) -> tuple[int, str]:
        for line in lines:
            together([line])
        return len(lines), ""

    with mock.patch.object(bench.event_log, "append_all", one_by_one):
        yield


AS_IT_IS = Trick("as it is", _as_it_is)
TRICKS = (
    AS_IT_IS,
    Trick("general way for every request", _general_way),
    Trick("a request's headers parsed anew", _requests_parsed_anew),
    Trick("those that differ read line by line", _no_gap),
    Trick("an answer's head parsed anew", _answers_parsed_anew),
    Trick("each user hashed anew", _users_hashed_anew),
    Trick("a request's attributes in a dict", _attributes_in_a_dict),
    Trick("a write to the log for each event", _a_write_for_each),
)


def measure(folder: Path, *, rounds: int, turns: int) -> dict[tuple[str, str], float]:
    """CPU time per request without each trick, in microseconds; medians over the rounds.

    Args:
        folder: for event logs, which are emptied.
        rounds: how often everything is measured.
        turns: of `CLIENTS` requests each, in one measurement.

    Returns:
        By the names of trick and load.
    """
    seen: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for trick, load in product(TRICKS, LOADS):
            bench = Bench(folder)
            with trick.without(bench):
                seen.setdefault((trick.name, load.title), []).append(_timed(bench, load, turns))
            bench.event_log.close()
            bench.event_log.path.write_bytes(b"")
    return {key: median(times) for key, times in seen.items()}


def _timed(bench: Bench, load: Load, turns: int) -> float:
    warm_up = max(turns // 4, load.users // CLIENTS * 9 if load is KNOWN else 0)
    for turn in range(warm_up):
        bench.serve(load, turn * CLIENTS)
    before = time.process_time()
    for turn in range(warm_up, warm_up + turns):
        bench.serve(load, turn * CLIENTS)
    return (time.process_time() - before) / (turns * CLIENTS) * 1e6
