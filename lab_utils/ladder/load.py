"""Visitors for a rung: a few connections, each asking again as soon as it has its answer.

    python -m lab_utils.ladder.load PORT SECONDS

prints one JSON object: how many were answered, and each one's milliseconds at the median. It is
enough to keep a rung busy, and no benchmark: `./lab bench balancer` uses wrk for that.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import sys
import time
from typing import cast

import uvloop

CONNECTIONS = 8
REQUEST = b"GET /recommend/17 HTTP/1.1\r\nHost: lab\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Visitor(asyncio.Protocol):
    """One connection; opened again by whoever made it where the server closes it."""

    def __init__(self, times: list[float]) -> None:
        self.times = times
        self.closed = asyncio.get_running_loop().create_future()
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask at once."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Ask again once an answer is whole."""
        self._received += data
        if is_whole(self._received):
            self.times.append(time.perf_counter() - self._begun)
            answer, self._received = self._received, b""
            if closes(answer):  # Flask's server would wait for more of a request that is whole
                self._transport.close()
            else:
                self._ask()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Say so."""
        if not self.closed.done():
            self.closed.set_result(None)

    def _ask(self) -> None:
        self._begun = time.perf_counter()
        self._transport.write(REQUEST)


def is_whole(answer: bytes) -> bool:
    """Whether an answer's head and as many bytes as it announces are there."""
    head, empty_line, body = answer.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    return bool(empty_line) and length is not None and len(body) >= int(length[1])


def closes(answer: bytes) -> bool:
    """Whether the server says that this answer is the last on its connection."""
    return b"\r\nconnection: close" in answer.partition(b"\r\n\r\n")[0].lower()


async def visit(port: int, seconds: float) -> list[float]:
    """Seconds that each answer took, in no order."""
    loop, times = asyncio.get_running_loop(), list[float]()

    async def come_again() -> None:
        while True:
            _, visitor = await loop.create_connection(lambda: Visitor(times), "127.0.0.1", port)
            await visitor.closed

    visitors = [asyncio.create_task(come_again()) for _ in range(CONNECTIONS)]
    await asyncio.wait(visitors, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    return times


if __name__ == "__main__":
    taken = uvloop.run(visit(int(sys.argv[1]), float(sys.argv[2])))
    middle = 1000 * statistics.median(taken) if taken else None
    print(json.dumps({"answered": len(taken), "p50_ms": middle}))
