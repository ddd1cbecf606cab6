"""Backends: the addresses of a variant, which of them are healthy, and their open connections."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final, NamedTuple

from balancer.backend_side import BackendConnection
from balancer.event_log import place_of
from balancer.strategies import BACKEND_STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from balancer.balancer import Balancer

_MAX_IDLE: Final = 256


class Target(NamedTuple):
    """A place that requests of a variant may go to, as the control sees it."""

    name: str
    host: str
    """An IP address."""
    port: int
    healthy: bool


class Backend:
    """One address that requests are forwarded to.

    Args:
        target: where it is.
        variant: what it serves.
        balancer: which forwards to it.
    """

    def __init__(self, target: Target, variant: str, balancer: Balancer) -> None:
        settings = balancer.settings
        self.balancer = balancer
        self.name = target.name
        self.variant = variant
        self.in_flight = 0
        self.idle: list[BackendConnection] = []
        self.header_bytes = settings.limits.header_bytes
        self.tally = balancer.metrics.tally(variant, target.name)
        self.place = place_of(variant, target.name)  # its part of each event's line
        self.header = b"X-Variant: %b\r\nX-Request-Id: " % variant.encode()  # and of each answer
        self.most_idle = _MAX_IDLE
        self._address = target.host, target.port
        self._connect_s = settings.limits.backend_connect_s
        self._eject_after = settings.health.eject_after
        self.failures = 0  # requests in a row

    def take_idle(self) -> BackendConnection | None:
        """An open connection; the one used last, so that surplus ones age."""
        return self.idle.pop() if self.idle else None

    async def connect(self) -> BackendConnection:
        """Open a connection.

        Raises:
            OSError: nobody answers there, or not in time.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_s):
                _, connection = await loop.create_connection(
                    lambda: BackendConnection(self), *self._address
                )
        except TimeoutError:
            raise OSError(f"no connection within {self._connect_s:g} s") from None
        return connection

    def keep(self, connection: BackendConnection) -> None:
        """Put a connection among the idle ones; what it carried last went well."""
        self.failures = 0
        if len(self.idle) < self.most_idle:
            self.idle.append(connection)
        else:
            connection.drop()

    def failed(self, reason: str) -> None:
        """A request has failed here, by no fault of the client."""
        self.failures += 1
        self.tally.failures += 1
        if self.failures >= self._eject_after:
            self.failures = 0
            why = f"{self._eject_after} requests in a row failed: {reason}"
            self.balancer.failing(self.name, why)

    def leave(self) -> None:
        """Take no further request; those under way come to their end."""
        self.most_idle = 0
        while self.idle:
            self.idle.pop().drop()


class Variant:
    """One arm of the experiment: the backends that serve it.

    Args:
        name: as in the settings.
        balancer: which forwards to it.
    """

    def __init__(self, name: str, balancer: Balancer) -> None:
        self.name = name
        self.backends: dict[str, Backend] = {}
        self.healthy: list[Backend] = []
        self.only: Backend | None = None  # the only healthy one: there is nothing to choose
        self._balancer = balancer
        self._strategy = BACKEND_STRATEGIES[balancer.settings.backend_strategy]
        self._turn = 0
        # Its own numbers: what happens to backends must not shift what users are assigned.
        self._random = random.Random(balancer.settings.seed)  # noqa: S311 - a lottery, not a secret

    def become(self, targets: Sequence[Target]) -> None:
        """Have these backends and no others; those that stay keep their connections."""
        for name in self.backends.keys() - {target.name for target in targets}:
            self.backends.pop(name).leave()
        for target in targets:
            if target.name not in self.backends:
                self.backends[target.name] = Backend(target, self.name, self._balancer)
        self.healthy = [self.backends[target.name] for target in targets if target.healthy]
        self.only = self.healthy[0] if len(self.healthy) == 1 else None

    def choose(self, *, without: Backend | None = None) -> Backend | None:
        """A healthy backend; None if there is none.

        Args:
            without: one that has just failed.
        """
        healthy = self.healthy
        if without is not None:
            healthy = [backend for backend in healthy if backend is not without]
        if len(healthy) < 2:
            return healthy[0] if healthy else None
        self._turn += 1
        in_flight = [backend.in_flight for backend in healthy]
        return healthy[self._strategy(in_flight, self._turn, self._random.random())]
