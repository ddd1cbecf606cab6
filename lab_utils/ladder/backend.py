"""A backend that costs next to nothing: one constant answer, whatever is asked.

It has to be faster than every balancer, or the benchmark would measure the backend: it looks
for the end of a request and reads nothing else. Only fit for well-formed requests.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop

BODY = b'{"user_id": "17", "variant": "a", "model": "constant", "movies": []}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY


class Constant(asyncio.Protocol):
    """One connection; requests come one after the other, each at the start of a read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._write = cast("asyncio.Transport", transport).write
        self._missing = 0

    def data_received(self, data: bytes) -> None:
        """Answer once a request is whole."""
        if self._missing:
            self._missing -= len(data)
        else:
            self._missing = announced(data)
        if self._missing <= 0:
            self._missing = 0
            self._write(ANSWER)


def announced(data: bytes) -> int:
    """How many bytes of the request that starts with `data` are still to come."""
    if data.startswith(b"GET"):
        return 0 if data.endswith(b"\r\n\r\n") else len(data)
    head, _, body = data.partition(b"\r\n\r\n")
    length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    return int(length or 0) - len(body)


async def serve(port: int) -> None:
    """Answer on 127.0.0.1 until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Constant, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
