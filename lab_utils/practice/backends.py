"""Backends that wait a given time and answer nothing of interest: to see whom a balancer asks.

They are simulated: a real recommender that is slow is busy, while these sleep.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from lab_utils import docker_engine, ports, waiting
from lab_utils.paths import STATE
from lab_utils.processes import Process

FOLDER = STATE / "practice" / docker_engine.PROJECT
"""A project's own, so that a check may practise beside a student."""

BACKENDS = "backends"
PATIENCE = 20.0
BODY = b'{"user_id": "17", "variant": "a", "model": "none: it only waits", "movies": []}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY


def start_backends(waits_ms: Sequence[float]) -> list[str]:
    """Start a backend for each waiting time, all in one process; those of before are ended.

    Args:
        waits_ms: milliseconds after which each answers; at once where it is asked for its health.

    Returns:
        Their addresses, `host:port`.

    Raises:
        LabError: they did not answer in time.
    """
    process = Process(BACKENDS, FOLDER)
    process.stop()
    addresses = [f"{ports.HOST}:{port}" for port in _free(len(waits_ms))]
    words = [f"{address}={wait}" for address, wait in zip(addresses, waits_ms, strict=True)]
    process.start([sys.executable, "-P", "-m", "lab_utils.practice.backends", *words], {})

    def silent() -> str | None:
        for address in addresses:
            if waiting.answer(f"http://{address}/healthz") is None:
                return f"nothing answers at {address}"
        return None

    waiting.until(
        silent,
        timeout=PATIENCE,
        doing="starting backends to practise with",
        next_step="run the cell again",
        details=process.last_lines,
    )
    return addresses


def _free(count: int) -> set[int]:
    found: set[int] = set()
    while len(found) < count:
        found.add(ports.free_port())
    return found


async def _serve(address: str, wait_s: float) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if not head.startswith(b"GET /healthz"):
                    await asyncio.sleep(wait_s)
                writer.write(ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever asked has left
        finally:
            writer.close()

    host, _, port = address.partition(":")
    server = await asyncio.start_server(talk, host, int(port))
    await server.serve_forever()


async def _serve_all(words: Sequence[str]) -> None:
    pairs = [word.split("=") for word in words]
    await asyncio.gather(*(_serve(address, float(ms) / 1000) for address, ms in pairs))


if __name__ == "__main__":
    asyncio.run(_serve_all(sys.argv[1:]))
