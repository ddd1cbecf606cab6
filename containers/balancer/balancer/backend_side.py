"""The backend's side: connections that are kept, used again, and not trusted.

A backend that sends more than it announced is the danger here: the surplus must never be taken
for the answer to the next request, which may be somebody else's. So a connection goes back among
the idle ones only if nothing followed the answer, is looked at again before it is used, and is
dropped for any byte that comes while nobody has asked.

"While nobody has asked" needs care: the loop learns of many sockets at once and serves them one by
one. So within a turn of the loop, nothing is given to a connection before everything has been taken
in that had arrived on any: see `Balancer.take_turn`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from balancer.bodies import Body, UntilClose, response_body
from balancer.client_side import BULK_BYTES
from balancer.heads import END_OF_HEAD, ProtocolError, parse_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from balancer.backend import Backend
    from balancer.forward import Forwarded
    from balancer.outline import AnswerOutline

_FIRST_FINAL_STATUS: Final = 200


class BackendConnection(asyncio.Protocol):
    """One connection to a backend: a request on it, or idle.

    Args:
        backend: the backend it leads to.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.exchange: Forwarded | None = None
        self.used = False  # whether it has carried an answer before
        self.blocked = False  # the backend takes no more bytes for now
        self.outline: AnswerOutline | None = None  # of the last answer's head
        self._unread = b""
        self._body: Body | None = None
        self._keep_alive = False
        self._paused = False  # the client takes no more for now

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The backend has accepted."""
        self._transport = cast("asyncio.Transport", transport)
        self.write = self._transport.write

    def data_received(self, data: bytes) -> None:
        """The backend has sent something: it waits for the end of the turn."""
        balancer = self.backend.balancer
        balancer.answers.append((self, data))
        if len(data) > BULK_BYTES:
            self._transport.pause_reading()
        if not balancer.turning:
            balancer.turn_soon()

    def eof_received(self) -> None:
        """The backend sends no more: from now on nobody is given this connection."""
        if self in self.backend.idle:
            self.backend.idle.remove(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The backend has closed, or was left."""
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            if self in self.backend.idle:
                self.backend.idle.remove(self)
        elif isinstance(self._body, UntilClose) and exc is None:
            exchange.detach()
            exchange.deliver(b"", last=True)
        elif self._body is None and not self._unread:
            exchange.backend_failed("closed the connection without an answer", stale=self.used)
        else:
            exchange.backend_failed("closed in the middle of its answer")

    def pause_writing(self) -> None:
        """The backend reads more slowly than the client sends."""
        self.blocked = True
        if self.exchange is not None:
            self.exchange.hold()

    def resume_writing(self) -> None:
        """The backend has caught up."""
        self.blocked = False
        if self.exchange is not None:
            self.exchange.proceed()

    # What the balancer calls, at the end of the turn.

    def take(self, data: bytes) -> None:
        """Take in what was received; where it is cut has no meaning."""
        exchange = self.exchange
        if exchange is None:
            self.drop()  # nobody has asked
            return
        exchange.usual = False
        if len(data) > BULK_BYTES and not self._paused:
            self._transport.resume_reading()
        try:
            if self._body is None:
                data = self._read_heads(exchange, self._unread + data)
            if self._body is not None:
                self._read_body(exchange, self._body, data)
        except ProtocolError as error:
            self.fail(error)

    def fail(self, error: ProtocolError) -> None:
        """What was received is no answer."""
        exchange = self.exchange
        self.drop()
        if exchange is not None:
            exchange.backend_failed(f"sent an answer that makes no sense: {error}")

    # What the exchange calls.

    write: Callable[[bytes], None]
    """Send a part of the request: the transport's own method, without another call around it."""

    @property
    def closing(self) -> bool:
        """Whether it is of no use any more."""
        return self._transport.is_closing()

    def pause(self) -> None:
        """Read no more for now: the backend will notice, by TCP, and wait."""
        self._paused = True
        self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        self._paused = False
        self._transport.resume_reading()

    def drop(self) -> None:
        """Close at once, whatever is under way."""
        self.exchange = None
        if self in self.backend.idle:
            self.backend.idle.remove(self)
        self._transport.abort()

    # The steps of an answer.

    def _read_heads(self, exchange: Forwarded, data: bytes) -> bytes:
        """Read 1xx heads and the final one, if they are here; the bytes after them."""
        limit = self.backend.header_bytes
        while self._body is None:
            end = data.find(END_OF_HEAD)
            size = len(data) if end < 0 else end + len(END_OF_HEAD)
            if size > limit:
                raise ProtocolError(f"its head has more than {limit} bytes")
            if end < 0:
                break
            head = parse_response(data[:size])
            if head.status < _FIRST_FINAL_STATUS:
                exchange.interim(head)
                data = data[size:]
                continue
            data = data[size:]
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
        self.used = True
        if reusable:
            self.backend.keep(self)
        else:
            self.drop()
