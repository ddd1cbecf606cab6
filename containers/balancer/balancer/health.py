"""Health: each backend is asked at intervals, and believed when it says the same a few times."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from balancer.heads import END_OF_HEAD, ProtocolError, parse_response

if TYPE_CHECKING:
    from balancer.settings import HealthSettings


class Health:
    """The verdict on one backend.

    The first probe decides alone; from then on the verdict turns after `fall` failures or `rise`
    successes in a row, so that one lost packet does not move a thousand users. Requests have a
    say as well: a backend that fails too many of them in a row is ejected, whatever it answers to
    probes, and stays out for `eject_s` at least.

    Args:
        settings: the numbers.
    """

    def __init__(self, settings: HealthSettings) -> None:
        self.healthy: bool | None = None
        """None: not known yet."""
        self.detail = "not probed yet"
        """What the last probe found, or why it was ejected."""
        self.ejections = 0
        self._settings = settings
        self._out_until = 0.0
        self._against = 0  # probes in a row that contradict the verdict

    @property
    def doubtful(self) -> bool:
        """Whether the last probe failed, or the verdict is against it."""
        return not self.healthy or self._against > 0

    def observe(self, *, succeeded: bool, detail: str) -> bool:
        """Take in the result of a probe; true if it turned the verdict."""
        if succeeded and monotonic() < self._out_until:
            return False
        self.detail = detail
        if succeeded is self.healthy:
            self._against = 0
            return False
        self._against += 1
        if self.healthy is None:
            needed = 1
        else:
            needed = self._settings.rise if succeeded else self._settings.fall
        if self._against < needed:
            return False
        self.healthy = succeeded
        self._against = 0
        return True

    def eject(self, why: str) -> bool:
        """Requests have failed there; true if that turned the verdict."""
        if not self.healthy:
            return False
        self.healthy = False
        self.detail = why
        self.ejections += 1
        self._against = 0
        self._out_until = monotonic() + self._settings.eject_s
        return True


async def probe(host: str, port: int, settings: HealthSettings) -> tuple[bool, str]:
    """Ask a backend once: whether it is healthy, and why.

    Args:
        host: an IP address.
        port: where it listens there.
        settings: what to ask for, and how long to wait.
    """
    try:
        async with asyncio.timeout(settings.timeout_s):
            status = await _get_status(host, port, settings.path)
    except TimeoutError:
        return False, f"no answer to GET {settings.path} within {settings.timeout_s:g} s"
    except (OSError, EOFError, asyncio.LimitOverrunError, ProtocolError) as error:
        return False, f"GET {settings.path}: {error}"
    return 200 <= status < 300, f"GET {settings.path} gave {status}"


async def _get_status(host: str, port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection(host, port, limit=16_384)
    try:
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        request = f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        return parse_response(await reader.readuntil(END_OF_HEAD)).status
    finally:
        writer.close()
