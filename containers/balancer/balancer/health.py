"""Health: each backend is asked at intervals, and believed when it says the same a few times."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from balancer.heads import END_OF_HEAD, ProtocolError, parse_response

if TYPE_CHECKING:
    from balancer.backend_side import Backend
    from balancer.settings import HealthSettings

logger = logging.getLogger(__name__)


class Health:
    """The verdict on one backend.

    The first probe decides alone; from then on the verdict turns after `fall` failures or `rise`
    successes in a row, so that one lost packet does not move a thousand users.

    Args:
        fall: failures in a row that make a healthy backend unhealthy.
        rise: successes in a row that make an unhealthy one healthy.
    """

    def __init__(self, *, fall: int, rise: int) -> None:
        self.healthy: bool | None = None
        """None: not known yet."""
        self.detail = "not probed yet"
        """What the last probe found."""
        self._fall = fall
        self._rise = rise
        self._against = 0  # probes in a row that contradict the verdict

    def observe(self, *, succeeded: bool, detail: str) -> bool:
        """Take in the result of a probe; true if it turned the verdict."""
        self.detail = detail
        if succeeded is self.healthy:
            self._against = 0
            return False
        self._against += 1
        needed = 1 if self.healthy is None else self._rise if succeeded else self._fall
        if self._against < needed:
            return False
        self.healthy = succeeded
        self._against = 0
        return True


async def watch(backend: Backend, settings: HealthSettings) -> None:
    """Probe a backend until cancelled, the first time at once."""
    while True:
        succeeded, detail = await probe(backend, settings)
        if backend.health.observe(succeeded=succeeded, detail=detail):
            verdict = "healthy" if succeeded else "unhealthy"
            logger.info("backend %s is %s: %s", backend.name, verdict, detail)
        await asyncio.sleep(settings.interval_s)


async def probe(backend: Backend, settings: HealthSettings) -> tuple[bool, str]:
    """Ask a backend once: whether it is healthy, and why.

    Its name is looked up anew, so that a container that comes back at another address is found.
    """
    try:
        async with asyncio.timeout(settings.timeout_s):
            await backend.host.refresh()
            status = await _get_status(backend, settings.path)
    except TimeoutError:
        if not backend.host.addresses:
            return False, backend.host.problem
        return False, f"no answer to GET {settings.path} within {settings.timeout_s:g} s"
    except (OSError, EOFError, asyncio.LimitOverrunError, ProtocolError) as error:
        return False, f"GET {settings.path}: {error}"
    return 200 <= status < 300, f"GET {settings.path} gave {status}"


async def _get_status(backend: Backend, path: str) -> int:
    reader, writer = await backend.reach(
        lambda ip: asyncio.open_connection(ip, backend.port, limit=backend.header_bytes)
    )
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: {backend.name}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        return parse_response(await reader.readuntil(END_OF_HEAD)).status
    finally:
        writer.close()
