"""Several workers: processes that share the port, and one that leads them.

Python runs on one core at a time, so that a second core takes a second process. The kernel hands
each new connection to one of them (SO_REUSEPORT). They agree because none decides anything: the
leader has the control and the admin port, and tells all the same over a pair of sockets, a line of
JSON for each message. About the event log they agree with a lock: whoever has it gives a line its
end that another worker has left torn, killed in the middle of it.

A worker that dies is replaced. A leader that dies takes its workers along: they finish what is in
flight and end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from balancer.admin import Admin
from balancer.backend import Target
from balancer.balancer import Balancer
from balancer.control import Control, View
from balancer.metrics import Metrics
from balancer.rules import Address
from balancer.server import (
    DRAIN_S,
    StartError,
    drain,
    enforce_deadlines,
    listen,
    open_log,
    port_error,
    ready_line,
    run,
    stop_event,
)
from balancer.settings import Settings, SettingsError, parse
from balancer.strategies import LEARNING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_START_S: Final = 10.0
_ANSWER_S: Final = 1.0
_BEFORE_ANOTHER_S: Final = 1.0
_MESSAGE_BYTES: Final = 2**24


class Remote:
    """A worker in a process of its own, as the leader sees it.

    Args:
        control: hears what the worker has to say.
        ready: set once it listens.
    """

    def __init__(self, control: Control, ready: asyncio.Event) -> None:
        self._ready = ready
        self._control = control
        self._counted = Metrics()
        self._asked: deque[asyncio.Future[None]] = deque()

    async def start(self, settings: Settings, address: Address) -> None:
        """Start the process and tell it where to listen."""
        ours, its = socket.socketpair()
        safe_path = ["-P"] if sys.flags.safe_path else []
        with its:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, *safe_path, "-m", "balancer.workers", str(its.fileno())),
                pass_fds=(its.fileno(),),
            )
        self._reader, self._writer = await asyncio.open_connection(sock=ours, limit=_MESSAGE_BYTES)
        # The settings as they were read: the file may have changed since.
        self._send({"table": settings.table, "source": str(settings.source), "listen": address})
        self.apply(self._control.view())

    def apply(self, view: View) -> None:
        """See `Worker.apply`."""
        self._send({"view": view})

    async def metrics(self) -> Metrics:
        """See `Worker.metrics`; what it said last, if it has no time to answer.

        It hears in order: once it has answered, it has also heard all that was told before.
        """
        answered = asyncio.get_running_loop().create_future()
        self._asked.append(answered)
        self._send({"ask": "metrics"})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(answered, _ANSWER_S)
        return self._counted

    def unblock(self, _: object) -> None:
        """It has ended: nobody needs to wait for it."""
        while self._asked:
            self._answered()

    def last_metrics(self) -> Metrics:
        """What it had counted when it last said so, now that nothing is in flight any more."""
        self._counted.in_flight.clear()
        return self._counted

    async def hear(self) -> None:
        """Take in what the worker says, until it ends."""
        with contextlib.suppress(ConnectionError):
            while line := await self._reader.readline():
                self._take(json.loads(line))
        self._writer.close()

    def _take(self, message: dict[str, Any]) -> None:
        if "metrics" in message:
            self._counted = Metrics.from_json(message["metrics"])
            self._answered()
        elif "failing" in message:
            self._control.failing(*message["failing"])
        elif "learnt" in message:
            self._control.learnt(*message["learnt"])
        else:
            self._ready.set()

    def _answered(self) -> None:
        if self._asked and not (oldest := self._asked.popleft()).done():
            oldest.set_result(None)

    def _send(self, message: dict[str, Any]) -> None:
        if not self._writer.is_closing():
            self._writer.write(json.dumps(message).encode() + b"\n")


async def lead(settings: Settings) -> None:
    """Start the workers, keep them going, and end them in good order.

    Raises:
        StartError: a port is taken, the event log cannot be written, or a worker did not start.
    """
    stop = stop_event()
    log = open_log(settings)  # once, before anybody writes: it repairs the end
    control = Control(settings)
    control.own.other["event_log_torn_lines"] = log.torn_lines
    log.close()
    admin = Admin(control)
    with _reserved(settings.listen) as address:
        async with contextlib.AsyncExitStack() as stack:
            control.start()
            await control.first_verdicts()
            tasks = [asyncio.create_task(enforce_deadlines(admin))]
            try:
                started = [asyncio.Event() for _ in range(settings.workers)]
                tasks += [
                    asyncio.create_task(_keep_one(control, settings, address, stop, each))
                    for each in started
                ]
                await _all_set(started, stop, tasks[1:])
                # Last: whoever is told there that all is well may send visitors at once.
                administration = await listen(stack, admin, settings.admin, "admin")
                if not stop.is_set():
                    print(ready_line(settings, address, administration), flush=True)
                await stop.wait()
            finally:
                stop.set()
                await asyncio.gather(*tasks[1:], drain(admin))
                tasks[0].cancel()
                control.stop()


@contextlib.contextmanager
def _reserved(wanted: Address) -> Any:
    """Hold a port for the workers; where it is, if port 0 was asked for.

    A shared port can be had by anybody of this user who also shares it. So it is first asked for
    alone, which fails if somebody is there.
    """
    family = socket.AF_INET6 if ":" in wanted.host else socket.AF_INET
    try:
        with socket.create_server(wanted, family=family) as alone:
            address = Address(wanted.host, alone.getsockname()[1])
        holding = socket.socket(family, socket.SOCK_STREAM)
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holding.bind(address)
    except OSError as error:
        raise port_error("listen", wanted, error) from error
    with holding:
        yield address


async def _all_set(
    events: list[asyncio.Event], stop: asyncio.Event, keeping: list[asyncio.Task[None]]
) -> None:
    """Wait until all workers are ready, or all is to stop.

    Raises:
        StartError: it took too long, or one has given up.
    """

    async def all_ready() -> None:
        for event in events:
            await event.wait()

    waiting = [asyncio.create_task(all_ready()), asyncio.create_task(_wait_for(stop))]
    done, _ = await asyncio.wait(
        [*waiting, *keeping], timeout=_START_S, return_when=asyncio.FIRST_COMPLETED
    )
    for task in waiting:
        task.cancel()
    if done.isdisjoint(waiting):
        raise StartError("the workers were not ready in time: the lines above say why")


async def _keep_one(
    control: Control,
    settings: Settings,
    address: Address,
    stop: asyncio.Event,
    started: asyncio.Event,
) -> None:
    """Have one worker running until told to stop, whatever happens to it once it has started."""
    while not stop.is_set():
        worker = Remote(control, started)
        await worker.start(settings, address)
        control.workers.append(worker)
        hearing = asyncio.create_task(worker.hear())
        hearing.add_done_callback(worker.unblock)
        stopping = asyncio.create_task(_wait_for(stop))
        await asyncio.wait([hearing, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await _end(worker.process)
        stopping.cancel()
        code = await worker.process.wait()
        control.workers.remove(worker)
        control.own.add(worker.last_metrics())
        if not started.is_set():
            return  # the next one could not start either
        if not stop.is_set():
            logger.warning("a worker has ended with code %s: another takes its place", code)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _BEFORE_ANOTHER_S)


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), DRAIN_S + 1)
    except TimeoutError:
        process.kill()


async def _work(control: socket.socket) -> None:
    """Be a worker."""
    stop = stop_event()
    reader, writer = await asyncio.open_connection(sock=control, limit=_MESSAGE_BYTES)

    def tell(message: dict[str, Any]) -> None:
        if not writer.is_closing():
            writer.write(json.dumps(message).encode() + b"\n")

    first = json.loads(await reader.readline())
    settings = parse(first["table"], Path(first["source"]))
    event_log = open_log(settings, shared=True)
    balancer = Balancer(
        settings,
        event_log,
        failing=lambda name, why: tell({"failing": [name, why]}),
        learnt=_learnt(settings, tell),
    )

    async def listen_to_the_leader() -> None:
        # A leader that dies with our messages unread resets the connection.
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                message = json.loads(line)
                if "view" in message:
                    balancer.apply(_view(message["view"]))
                else:
                    tell({"metrics": balancer.snapshot().as_json()})
        stop.set()  # the leader is gone

    async with contextlib.AsyncExitStack() as stack:
        hearing = asyncio.create_task(listen_to_the_leader())
        await listen(stack, balancer, Address(*first["listen"]), "listen", shared=True)
        sweeping = asyncio.create_task(enforce_deadlines(balancer))
        tell({"ready": True})
        await stop.wait()
    await drain(balancer)
    tell({"metrics": balancer.snapshot().as_json()})
    sweeping.cancel()
    hearing.cancel()
    event_log.close()


def _learnt(
    settings: Settings, tell: Callable[[dict[str, Any]], None]
) -> Callable[[str, int], None] | None:
    """How outcomes reach the other workers; not at all, where no strategy learns from them."""
    if settings.strategy not in LEARNING and settings.own_strategy is None:
        return None
    return lambda variant, outcome: tell({"learnt": [variant, outcome]})


def _view(sent: list[Any]) -> View:
    weights, targets, outcomes = sent
    places = {name: [Target(*each) for each in group] for name, group in targets.items()}
    return View(weights, places, outcomes)


if __name__ == "__main__":
    try:
        run(_work(socket.socket(fileno=int(sys.argv[1]))))
    except (SettingsError, StartError) as error:
        sys.exit(f"a worker cannot start: {error}")
