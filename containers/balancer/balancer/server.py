"""The server: open everything, say so, run until told to stop, and finish what was begun.

This is the balancer in one process. workers.py has the one with several, from the same parts.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from time import monotonic
from typing import TYPE_CHECKING, Final

from balancer import __version__
from balancer.admin import Admin
from balancer.balancer import Balancer
from balancer.client_side import ClientConnection
from balancer.control import Control, in_words
from balancer.event_log import EventLog
from balancer.rules import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from balancer.client_side import Service
    from balancer.control import View
    from balancer.metrics import Metrics
    from balancer.settings import Settings

DRAIN_S: Final = 8.0
"""Docker kills after ten seconds: before that, everything must have been said."""

_SWEEP_S: Final = 0.25
_BACKLOG: Final = 1_024


class StartError(Exception):
    """The balancer cannot start; the message says why, and what to do."""


class Alone:
    """The only worker, in the control's own process."""

    def __init__(self, settings: Settings, event_log: EventLog, control: Control) -> None:
        self.balancer = Balancer(settings, event_log, control.failing)

    def apply(self, view: View) -> None:
        """See `Worker.apply`."""
        self.balancer.apply(view)

    async def metrics(self) -> Metrics:
        """See `Worker.metrics`."""
        return self.balancer.snapshot()


def run(serving: Coroutine[None, None, None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        StartError: a port is taken, or the event log cannot be written.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    # Requests leave no garbage in circles, and looking for it after every 700 objects costs half a
    # microsecond a request.
    gc.set_threshold(50_000, 20, 50)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serving)


async def serve(settings: Settings) -> None:
    """Everything in this process."""
    stop = stop_event()
    event_log = open_log(settings)
    control = Control(settings)
    worker = Alone(settings, event_log, control)
    control.workers.append(worker)
    admin = Admin(control)
    try:
        async with contextlib.AsyncExitStack() as stack:
            control.start()
            await control.first_verdicts()
            visitors = await listen(stack, worker.balancer, settings.listen, "listen")
            # Last: whoever is told there that all is well may send visitors at once.
            administration = await listen(stack, admin, settings.admin, "admin")
            sweeping = asyncio.create_task(enforce_deadlines(worker.balancer, admin))
            print(ready_line(settings, visitors, administration), flush=True)
            await stop.wait()
        await asyncio.gather(drain(worker.balancer), drain(admin))
        sweeping.cancel()
        control.stop()
    finally:
        event_log.close()


def stop_event() -> asyncio.Event:
    """Set once this process is told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    return stop


def open_log(settings: Settings, *, shared: bool = False) -> EventLog:
    """The event log, its end repaired unless others are writing to it already.

    Raises:
        StartError: it cannot be written.
    """
    try:
        return EventLog(settings.event_log, shared=shared)
    except OSError as error:
        raise StartError(
            f"event_log: {settings.event_log} cannot be opened ({error.strerror}): its folder "
            "must exist and be writable, and without a log there is no experiment"
        ) from error


async def listen(
    stack: contextlib.AsyncExitStack,
    service: Service,
    address: Address,
    key: str,
    *,
    shared: bool = False,
) -> Address:
    """Open a port, closed again with the stack; where it really is, if port 0 was asked for.

    Args:
        stack: closes it.
        service: who answers there.
        address: where.
        key: of the settings, for the error.
        shared: whether other workers listen there, too.

    Raises:
        StartError: the port is taken, or may not be had.
    """
    try:
        server = await asyncio.get_running_loop().create_server(
            lambda: ClientConnection(service),
            address.host,
            address.port,
            backlog=_BACKLOG,
            reuse_port=shared or None,
        )
    except OSError as error:
        raise port_error(key, address, error) from error
    # Not `async with server`: from Python 3.12 on, that waits for the last client to leave.
    stack.callback(server.close)
    return Address(address.host, server.sockets[0].getsockname()[1])


def port_error(key: str, address: Address, error: OSError) -> StartError:
    """What to say when a port cannot be had."""
    return StartError(
        f"{key}: {address} cannot be listened on ({error.strerror}): stop what is using it, "
        f"or choose another port in the settings"
    )


def ready_line(settings: Settings, visitors: Address, administration: Address) -> str:
    """What is said, on standard output, once visitors may come."""
    split = in_words(settings.weights)
    return (
        f"balancer {__version__} ready: http://{visitors} (admin http://{administration}), "
        f"{settings.strategy} split {split}, events to {settings.event_log}"
    )


async def enforce_deadlines(*services: Service) -> None:
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


async def drain(service: Service) -> None:
    """Let what is in flight come to its end, for a while."""
    service.draining = True
    for connection in list(service.connections):
        connection.drain()
    patience_ends = monotonic() + DRAIN_S
    while service.connections and monotonic() < patience_ends:
        await asyncio.sleep(_SWEEP_S / 10)
    for connection in list(service.connections):
        if connection.exchange is not None:
            connection.exchange.fail(503, "the balancer is shutting down")
    if isinstance(service, Balancer):
        service.close()
    await asyncio.sleep(0)  # a turn of the loop, for the last bytes to leave


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, a few percent faster than asyncio's own; it does not exist for Windows."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
