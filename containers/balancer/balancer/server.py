"""The server: open everything, say so, run until told to stop, and finish what was begun."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from time import monotonic
from typing import TYPE_CHECKING, Final

from balancer import __version__, health
from balancer.admin import Admin
from balancer.balancer import Balancer
from balancer.client_side import ClientConnection
from balancer.event_log import EventLog
from balancer.rules import Address

if TYPE_CHECKING:
    from collections.abc import Callable

    from balancer.client_side import Service
    from balancer.settings import Settings

# Docker kills after ten seconds: before that, everything must have been said.
_DRAIN_S: Final = 8.0
_SWEEP_S: Final = 0.25
_BACKLOG: Final = 1_024


class StartError(Exception):
    """The balancer cannot start; the message says why, and what to do."""


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        StartError: a port is taken, or the event log cannot be written.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, a few percent faster than asyncio's own; it does not exist for Windows."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(settings: Settings) -> None:
    stop = _stop_event()
    event_log = _open_log(settings)
    balancer = Balancer(settings, event_log)
    admin = Admin(balancer)
    try:
        async with contextlib.AsyncExitStack() as stack:
            visitors = await _listen(stack, balancer, settings.listen, "listen")
            administration = await _listen(stack, admin, settings.admin, "admin")
            tasks = [
                asyncio.create_task(health.watch(backend, settings.health))
                for backends in balancer.backends.values()
                for backend in backends
            ]
            tasks.append(asyncio.create_task(_enforce_deadlines(balancer, admin)))
            print(_ready_line(settings, visitors, administration), flush=True)
            await stop.wait()
        await _drain(balancer, admin)
        for task in tasks:
            task.cancel()
    finally:
        event_log.close()


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    return stop


def _open_log(settings: Settings) -> EventLog:
    try:
        return EventLog(settings.event_log)
    except OSError as error:
        raise StartError(
            f"event_log: {settings.event_log} cannot be opened ({error.strerror}): its folder "
            "must exist and be writable, and without a log there is no experiment"
        ) from error


async def _listen(
    stack: contextlib.AsyncExitStack, service: Service, address: Address, key: str
) -> Address:
    """Open a port, closed again with the stack; where it really is, if port 0 was asked for."""
    try:
        server = await asyncio.get_running_loop().create_server(
            lambda: ClientConnection(service), address.host, address.port, backlog=_BACKLOG
        )
    except OSError as error:
        raise StartError(
            f"{key}: {address} cannot be listened on ({error.strerror}): stop what is using it, "
            f"or choose another port in the settings"
        ) from error
    # Not `async with server`: from Python 3.12 on, that waits for the last client to leave.
    stack.callback(server.close)
    return Address(address.host, server.sockets[0].getsockname()[1])


def _ready_line(settings: Settings, visitors: Address, administration: Address) -> str:
    split = ", ".join(f"{name} {weight:g}" for name, weight in settings.weights.items())
    return (
        f"balancer {__version__} ready: http://{visitors} (admin http://{administration}), "
        f"{settings.strategy} split {split}, events to {settings.event_log}"
    )


async def _enforce_deadlines(*services: Service) -> None:
    """Look at everybody's deadline now and then.

    A timer for each request would have to be made and cancelled ten thousand times a second to
    ring once a day. This way a request only writes down a number, and silence ends a quarter of
    a second later than it could.
    """
    while True:
        await asyncio.sleep(_SWEEP_S)
        now = monotonic()
        for service in services:
            for connection in [each for each in service.connections if each.deadline < now]:
                connection.timed_out()


async def _drain(balancer: Balancer, admin: Admin) -> None:
    """Let what is in flight come to its end, for a while."""
    services: tuple[Service, ...] = (balancer, admin)
    for service in services:
        service.draining = True
        for connection in list(service.connections):
            connection.drain()
    patience_ends = monotonic() + _DRAIN_S
    while balancer.connections and monotonic() < patience_ends:
        await asyncio.sleep(_SWEEP_S / 10)
    for connection in list(balancer.connections):
        if connection.exchange is not None:
            connection.exchange.fail(503, "the balancer is shutting down")
    for backends in balancer.backends.values():
        for backend in backends:
            backend.close_idle()
    await asyncio.sleep(0)  # a turn of the loop, for the last bytes to leave
