"""The event log: what a client was told has happened is in it.

One event is one line of JSON, written by one `os.write` to a descriptor opened with O_APPEND,
before the last byte of the answer leaves. So it survives the death of this process, SIGKILL
too: the line is then in the kernel's hands. (The machine losing power is another matter: that
takes an fsync for each line, and costs milliseconds.)
"""

from __future__ import annotations

import contextlib
import os
import time
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class EventLog:
    """An append-only file of JSON lines.

    A process that dies in the middle of a write leaves a torn last line. It is given its newline
    and stays: cutting it off would destroy the one witness of what happened, and a line that
    lacks nothing but its newline is whole again. Readers skip the line that is not JSON.

    Args:
        path: the file; its folder must exist.

    Raises:
        OSError: the file cannot be opened, read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn_lines = 0
        self.write_errors = 0
        # O_BINARY exists on Windows, where "\n" would become "\r\n" without it.
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, flags, 0o644)
        self._torn = self._ends_torn()
        with contextlib.suppress(OSError):  # the disk is full: the next line tries again
            self._mend()

    def append(self, line: bytes) -> None:
        """Write one line, newline included.

        Raises:
            OSError: the disk is full or failing; the event is not recorded.
        """
        try:
            self._mend()
            written = os.write(self._descriptor, line)
            while written < len(line):
                # A disk that fills up takes a part. The next write says why, or takes the rest.
                self._torn = True
                written += os.write(self._descriptor, line[written:])
            self._torn = False
        except OSError:
            self.write_errors += 1
            raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

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


def request_line(
    *,
    request_id: str,
    timestamp: str,
    user_id: str | None,
    variant: str | None,
    backend: str | None,
    method: str,
    path: str,
    status: int,
    latency_ms: float,
    error: str | None = None,
) -> bytes:
    """The line of a request.

    Args:
        request_id: as in the answer's X-Request-Id.
        timestamp: when the answer was complete, see `now`.
        user_id: whose request it was, if it said so.
        variant: the variant chosen, if it came so far.
        backend: the address it was forwarded to, if it came so far.
        method: "-" if the request could not be understood.
        path: with the query; "-" if the request could not be understood.
        status: what the client was told; 499 if it left before the end.
        latency_ms: from the request's head to the end of the answer.
        error: what went wrong; the key is there only if the client did not get a backend's
            whole answer.
    """
    # json.dumps builds a dict and walks it; the C function it has for strings is all we need.
    tail = "}\n" if error is None else f',"error":{_quoted(error)}}}\n'
    return (
        f'{{"event":"request","request_id":{_quoted(request_id)},"timestamp":"{timestamp}",'
        f'"user_id":{_text(user_id)},"variant":{_text(variant)},"backend":{_text(backend)},'
        f'"method":{_quoted(method)},"path":{_quoted(path)},"status":{status},'
        f'"latency_ms":{latency_ms:.3f}{tail}'
    ).encode("ascii")


def outcome_line(
    *, request_id: str, timestamp: str, user_id: str, variant: str, outcome: int
) -> bytes:
    """The line of an outcome; `request_id` is that of the recommendation it belongs to."""
    return (
        f'{{"event":"outcome","request_id":{_quoted(request_id)},"timestamp":"{timestamp}",'
        f'"user_id":{_quoted(user_id)},"variant":{_quoted(variant)},"outcome":{outcome}}}\n'
    ).encode("ascii")


def _text(value: str | None) -> str:
    return "null" if value is None else _quoted(value)
