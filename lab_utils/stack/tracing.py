"""One request followed through a stack by its name: event log, then the log of who answered."""

from __future__ import annotations

import html
import json
import queue
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from lab_utils import waiting
from lab_utils.errors import LabError
from lab_utils.stack.base import Stack

LOG_TIMEOUT = 10.0
"""Seconds until what a service has said must be in its log."""

VISIT_TIMEOUT = 5.0
"""Seconds a visitor waits for an answer."""

CROWD = ("17", "23", "4", "nobody-we-know", "42", "8")
"""Who visits when a complaint comes in; one of them is in no ratings."""


@dataclass(frozen=True)
class Lines:
    """Log lines as they were written, each with the name of who wrote it.

    Attributes:
        lines: in order.
    """

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines) or "(no line)"

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        shown = html.escape(str(self))
        style = "white-space:pre-wrap;overflow-wrap:anywhere;font-size:.9em"
        return {"text/html": f'<pre style="{style}">{shown}</pre>', "text/plain": str(self)}


@dataclass(frozen=True)
class Complaint:
    """A visitor who got no films, and knows no more than the name of the request.

    Attributes:
        request_id: from the answer's `X-Request-Id`.
        event: what the balancer wrote down of it.
    """

    request_id: str
    event: dict[str, Any]

    def __str__(self) -> str:
        return f'"I got no films. All I have is X-Request-Id: {self.request_id}"'

    __repr__ = __str__


def ask(stack: Stack, user: str) -> httpx.Response:
    """Visit as a user, through the balancer.

    Raises:
        LabError: the balancer does not answer.
    """
    url = f"{stack.ports.url('balancer')}/recommend/{user}"
    try:
        return httpx.get(url, params={"n": 3}, timeout=VISIT_TIMEOUT, trust_env=False)
    except httpx.HTTPError as error:
        raise LabError(
            "asking the balancer for films",
            f"{url}: {error}",
            "is the stack up? `./lab status` looks, `./lab up` starts it",
        ) from None


def find(stack: Stack, request_id: str) -> Lines:
    """Every line about one request: the balancer's event, then what services said.

    A log is written beside the answer: the lines of a request that is just over are waited for.

    Raises:
        LabError: no recommender has said anything of it.
    """
    found: list[str] = []

    def missing() -> str | None:
        found[:] = [line for line in _all_lines(stack) if request_id in line]
        return None if len(found) > 1 else f"only {len(found)} log has a line with {request_id!r}"

    waiting.until(
        missing,
        timeout=LOG_TIMEOUT,
        doing="following a request",
        next_step="is it the X-Request-Id of an answer that a recommender gave? A 502 or 503 is "
        "the balancer's own",
    )
    return Lines(tuple(found))


def complaint(stack: Stack) -> Complaint:
    """Six visitors come; one of them gets no films, and complains.

    Raises:
        LabError: the stack is not up, or not well.
    """
    unhappy: list[httpx.Response] = []

    def missing() -> str | None:
        answers = [ask(stack, user) for user in CROWD]
        unhappy[:] = [each for each in answers if each.status_code == httpx.codes.NOT_FOUND]
        return None if unhappy else f"the answers were {[each.status_code for each in answers]}"

    waiting.until(
        missing,
        timeout=LOG_TIMEOUT,
        doing="letting six visitors in",
        next_step="`./lab status` shows which service is not well",
    )
    request_id = unhappy[0].headers["X-Request-Id"]
    lines = stack.event_log().decode().splitlines()
    event = next(json.loads(line) for line in lines if request_id in line)
    return Complaint(request_id, event)


def follow(stack: Stack, service: str | None = None, *, users: Sequence[str] = CROWD[:3]) -> Lines:
    """Follow the logs while users visit; end once each visit's line has come.

    Args:
        stack: it is up.
        service: one service's log; None for all, with their names before their lines.
        users: who visits.

    Raises:
        LabError: the lines did not come.
    """
    earlier = _request_ids(stack)
    before = set(map(_said, stack.logs(service, follow=False)))
    following = _Following(stack.logs(service, follow=True))
    answers = [ask(stack, user) for user in users]
    mine = {
        answer.headers["X-Request-Id"]
        for answer in answers
        if service in (None, f"recommender-{answer.headers.get('X-Variant')}")
    }
    try:
        lines = following.until_seen(mine)
        return Lines(
            tuple(
                line
                for line in lines
                if _said(line) not in before and earlier.isdisjoint(line.split())
            )
        )
    finally:
        following.leave()
        for user in users:
            ask(stack, user)  # one line more, so that who follows hears that it is over


def _request_ids(stack: Stack) -> set[str]:
    """All requests that were answered until now.

    The balancer writes an event before its answer, a service its line some time after: what is
    still to be said about these is not about the visits that follow.
    """
    log = stack.event_log().decode(errors="replace")
    return set(re.findall(r'"request_id":"([^"]*)"', log))


def _said(line: str) -> tuple[str, str]:
    """Who said what; Compose makes names as wide as those that happen to stand beside them."""
    name, _, words = line.partition("|")
    return name.strip(), words.strip()


class _Following:
    """A log that is read in a thread, for as long as anybody wants to know."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._over = threading.Event()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()

    def _read(self, lines: Iterator[str]) -> None:
        for line in lines:
            if self._over.is_set():
                return
            self._heard.put(line)

    def until_seen(self, wanted: set[str]) -> list[str]:
        """All lines up to the one with which each of `wanted` has been seen."""
        lines, left = list[str](), set(wanted)
        while left:
            try:
                lines.append(self._heard.get(timeout=LOG_TIMEOUT))
            except queue.Empty:
                raise LabError(
                    "following a log",
                    f"for {LOG_TIMEOUT:g} s no line came of the requests {', '.join(left)}",
                    "`./lab status` shows whether the service is well",
                ) from None
            left = {each for each in left if each not in lines[-1]}
        return lines

    def leave(self) -> None:
        """Want to know no more."""
        self._over.set()


def _all_lines(stack: Stack) -> Iterator[str]:
    for line in stack.event_log().decode(errors="replace").splitlines():
        yield f"event log | {line}"
    yield from stack.logs(None, follow=False)
