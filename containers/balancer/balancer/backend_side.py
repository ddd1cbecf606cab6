"""The backend's side: connections that are kept, used again, and not trusted.

A backend that sends more than it announced is the danger here: the surplus must never be taken
for the answer to the next request, which may be somebody else's. So a connection goes back among
the idle ones only if nothing followed the answer, is looked at again before it is used, and is
dropped for any byte that comes while nobody has asked.
"""

from __future__ import annotations

import asyncio
import select
from typing import TYPE_CHECKING, Final, TypeVar, cast

from balancer.bodies import Body, UntilClose, response_body
from balancer.heads import END_OF_HEAD, ProtocolError, parse_response
from balancer.health import Health
from balancer.names import Name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from balancer.forward import Forwarded
    from balancer.rules import Address
    from balancer.settings import HealthSettings, Limits

_Opened = TypeVar("_Opened")

_MAX_IDLE: Final = 256
_FIRST_FINAL_STATUS: Final = 200


class Backend:
    """One address that requests may be forwarded to, and what is known about it.

    Args:
        address: where it listens.
        health: the rules by which it is judged.
        limits: how long a head it may send, and how long it may take to accept a connection.
    """

    def __init__(self, address: Address, health: HealthSettings, limits: Limits) -> None:
        self.name = str(address)
        self.host = Name(address.host)
        self.port = address.port
        self.header_bytes = limits.header_bytes
        self.connect_s = limits.backend_connect_s
        self.health = Health(fall=health.fall, rise=health.rise)
        self.in_flight = 0
        self.idle: list[BackendConnection] = []

    def take_idle(self) -> BackendConnection | None:
        """A connection that is open and silent; the one used last, so that surplus ones age."""
        while self.idle:
            connection = self.idle.pop()
            if connection.silent():
                return connection
            connection.drop()
        return None

    async def connect(self) -> BackendConnection:
        """Open a connection.

        Raises:
            OSError: nobody answers there, or not in time.
        """
        try:
            async with asyncio.timeout(self.connect_s):
                return await self.reach(self._connect_to)
        except TimeoutError:
            raise OSError(f"no connection within {self.connect_s:g} s") from None

    async def reach(self, opened: Callable[[str], Awaitable[_Opened]]) -> _Opened:
        """What `opened` gives for the first of the IP addresses where it does not fail.

        Raises:
            OSError: the last one's; or there is no address.
        """
        refused = OSError(self.host.problem)
        for address in self.host.addresses:
            try:
                return await opened(address)
            except OSError as error:
                refused = error
        raise refused

    async def _connect_to(self, address: str) -> BackendConnection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: BackendConnection(self), address, self.port
        )
        return connection

    def keep(self, connection: BackendConnection) -> None:
        """Put a connection among the idle ones."""
        if len(self.idle) < _MAX_IDLE:
            self.idle.append(connection)
        else:
            connection.drop()

    def close_idle(self) -> None:
        """Drop the connections nobody uses."""
        while self.idle:
            self.idle.pop().drop()


class BackendConnection(asyncio.Protocol):
    """One connection to a backend: a request on it, or idle.

    Args:
        backend: the backend it leads to.
    """

    def __init__(self, backend: Backend) -> None:
        self.exchange: Forwarded | None = None
        self.blocked = False  # the backend takes no more bytes for now
        self._backend = backend
        self._used = False  # whether it has carried an answer before
        self._unread = b""
        self._body: Body | None = None
        self._keep_alive = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The backend has accepted."""
        self._transport = cast("asyncio.Transport", transport)
        self._descriptor: int = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        """The backend has sent something; where it is cut has no meaning."""
        exchange = self.exchange
        if exchange is None:
            self.drop()  # nobody has asked
            return
        try:
            if self._body is None:
                data = self._read_heads(exchange, self._unread + data)
            if self._body is not None:
                self._read_body(exchange, self._body, data)
        except ProtocolError as error:
            self.drop()
            exchange.backend_failed(
                f"sent an answer that makes no sense: {error}", unanswered=False
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """The backend has closed, or was left."""
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            if self in self._backend.idle:
                self._backend.idle.remove(self)
        elif isinstance(self._body, UntilClose) and exc is None:
            exchange.detach()
            exchange.deliver(b"", last=True)
        elif self._body is None and not self._unread:
            exchange.backend_failed(
                "closed the connection without an answer", unanswered=self._used
            )
        else:
            exchange.backend_failed("closed in the middle of its answer", unanswered=False)

    def pause_writing(self) -> None:
        """The backend reads more slowly than the client sends."""
        self.blocked = True

    def resume_writing(self) -> None:
        """The backend has caught up."""
        self.blocked = False
        if self.exchange is not None:
            self.exchange.proceed()

    # What the exchange calls.

    def write(self, data: bytes) -> None:
        """Send a part of the request."""
        self._transport.write(data)

    def pause(self) -> None:
        """Read no more for now: the backend will notice, by TCP, and wait."""
        self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    def drop(self) -> None:
        """Close at once, whatever is under way."""
        self.exchange = None
        self._transport.abort()

    def silent(self) -> bool:
        """Whether there is nothing to read: neither stray bytes nor the end of the connection.

        The loop would report either, but perhaps only after the client that is being served now;
        asking costs one system call, about half a microsecond.
        """
        return not self._transport.is_closing() and not _readable(self._descriptor)

    # The steps of an answer.

    def _read_heads(self, exchange: Forwarded, data: bytes) -> bytes:
        """Read 1xx heads and the final one, if they are here; the bytes after them."""
        limit = self._backend.header_bytes
        while self._body is None:
            end = data.find(END_OF_HEAD)
            size = len(data) if end < 0 else end + len(END_OF_HEAD)
            if size > limit:
                raise ProtocolError(f"its head has more than {limit} bytes")
            if end < 0:
                break
            head = parse_response(data[:size])
            data = data[size:]
            if head.status < _FIRST_FINAL_STATUS:
                exchange.interim(head)
                continue
            self._body = response_body(head, exchange.request.method)
            self._keep_alive = head.keep_alive
            exchange.begin(head, self._body)
        self._unread = b"" if self._body is not None else data
        return data

    def _read_body(self, exchange: Forwarded, body: Body, data: bytes) -> None:
        payload, rest = body.feed(data)
        if body.done:
            # First the connection, then the answer: with it the client's next request may start.
            exchange.detach()
            self._retire(reusable=self._keep_alive and exchange.complete and not rest)
        exchange.deliver(payload, last=body.done)

    def _retire(self, *, reusable: bool) -> None:
        self.exchange = None
        self._body = None
        self._used = True
        if reusable:
            self._backend.keep(self)
        else:
            self.drop()


def _poll_readable(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _select_readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


# Windows has no poll; elsewhere select fails for descriptors above 1,023.
_readable = _poll_readable if hasattr(select, "poll") else _select_readable
