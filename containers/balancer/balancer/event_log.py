"""The event log: what a client was told has happened is in it.

One event is one line of JSON, written by `os.write` to a descriptor opened with O_APPEND, before
the last byte of the answer leaves. So it survives the death of this process, SIGKILL too: the line
is then in the kernel's hands. (The machine losing power is another matter: that takes an fsync for
each line, and costs milliseconds.) Lines that are ready at the same moment are written together.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING

if sys.platform != "win32":  # where there are no workers, and no lock is needed
    import fcntl

if TYPE_CHECKING:
    from pathlib import Path

    from balancer.exchange import Recorded


class EventLog:
    """An append-only file of JSON lines.

    A process that dies in the middle of a write leaves a torn last line. It is given its newline
    and stays: cutting it off would destroy the one witness of what happened, and a line that
    lacks nothing but its newline is whole again. Readers skip the line that is not JSON.

    Args:
        path: the file; its folder must exist.
        shared: whether other processes write to it as well. Then each write is made with the file
            locked, and looks at the end first: one of them may have been killed in the middle of
            a line, and the next line would be lost with it.

    Raises:
        OSError: the file cannot be opened, read or written.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self.path = path
        self.torn_lines = 0
        self.write_errors = 0
        # O_BINARY exists on Windows, where "\n" would become "\r\n" without it.
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, flags, 0o644)
        self._shared = shared
        self._torn = not shared and self._ends_torn()
        with contextlib.suppress(OSError):  # the disk is full: the next line tries again
            self._mend()

    def append(self, lines: list[str]) -> None:
        """Write lines, each with its newline.

        Raises:
            OSError: the disk is full or failing; one at least is not recorded.
        """
        _, problem = self.append_all(lines)
        if problem:
            raise OSError(problem)

    def append_all(self, lines: list[str]) -> tuple[int, str]:
        """Write lines, each with its newline, with one system call if the disk takes them.

        Returns:
            How many of them are in the log, counted from the first, and what kept the rest out.
        """
        return self._append_locked(lines) if self._shared else self._append(lines)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _append_locked(self, lines: list[str]) -> tuple[int, str]:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                self._torn = self._ends_torn()
                return self._append(lines)
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        except OSError as error:
            self.write_errors += 1
            return 0, error.strerror or str(error)

    def _append(self, lines: list[str]) -> tuple[int, str]:
        data = "".join(lines).encode("ascii")
        written = 0
        try:
            self._mend()
            while written < len(data):
                # A disk that fills up takes a part. The next write says why, or takes the rest.
                written += os.write(self._descriptor, data[written:] if written else data)
        except OSError as error:
            self.write_errors += 1
            whole = data[:written].count(b"\n")
            self._torn = not (written == 0 or data[:written].endswith(b"\n"))
            return whole, error.strerror or str(error)
        return len(lines), ""

    def _ends_torn(self) -> bool:
        if os.lseek(self._descriptor, 0, os.SEEK_END) == 0:
            return False
        os.lseek(self._descriptor, -1, os.SEEK_END)
        return os.read(self._descriptor, 1) != b"\n"

    def _mend(self) -> None:
        if self._torn:
            os.write(self._descriptor, b"\n")
            self._torn = False
            self.torn_lines += 1


def now() -> str:
    """The time as ISO 8601 in UTC, with microseconds and a Z."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_date(seconds)}.{nanoseconds // 1000:06d}Z"


@lru_cache(maxsize=1)  # the date is the same for all the requests of a second
def _date(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def request_line(exchange: Recorded, timestamp: str, latency_ms: float) -> str:
    """The line of a request, newline included.

    Args:
        exchange: what is recorded. Some keys are there only if they have something to say: `error`
            if the client did not get a backend's whole answer, `failover` and `retried_from` if
            the backend was not the first choice.
        timestamp: when the answer was complete, see `now`.
        latency_ms: from the request's head to the end of the answer.
    """
    # json.dumps builds a dict and walks it, for 4 microseconds; the C function it has for strings
    # is all we need, and a part of the line is the same for all requests of a backend.
    request, backend, variant = exchange.request, exchange.backend, exchange.variant
    rest = ""
    if exchange.error is not None or exchange.retried_from is not None:
        rest = _rest(exchange)
    if backend is None:
        place = place_of(variant, None)
    elif backend.variant == variant:
        place = backend.place
    else:
        place = place_of(variant, backend.name)
        rest = f',"failover":{_quoted(backend.variant)}{rest}'
    user = exchange.user_id
    return (
        f'{{"event":"request","request_id":"{exchange.request_id}","timestamp":"{timestamp}",'
        f'"user_id":{"null" if user is None else _quoted(user)},{place},'
        f'"method":"{request.method}","path":{_quoted(request.target)},"status":{exchange.status},'
        f'"latency_ms":{latency_ms:.3f}{rest}}}\n'
    )


def place_of(variant: str | None, backend: str | None) -> str:
    """The part of a line that says who answers."""
    return f'"variant":{_text(variant)},"backend":{_text(backend)}'


def outcome_line(
    *, request_id: str, timestamp: str, user_id: str, variant: str, outcome: int
) -> str:
    """The line of an outcome; `request_id` is that of the recommendation it belongs to."""
    return (
        f'{{"event":"outcome","request_id":{_quoted(request_id)},"timestamp":"{timestamp}",'
        f'"user_id":{_quoted(user_id)},"variant":{_quoted(variant)},"outcome":{outcome}}}\n'
    )


def _rest(exchange: Recorded) -> str:
    retried = exchange.retried_from
    said = "" if retried is None else f',"retried_from":{_quoted(retried)}'
    return said if exchange.error is None else f'{said},"error":{_quoted(exchange.error)}'


def _text(value: str | None) -> str:
    return "null" if value is None else _quoted(value)
