"""The client's side: bytes from a visitor become requests, one at a time and in order.

A connection is always in one of three states: waiting for a head (`exchange` is None), taking in
a body (`_body` is not None), or waiting for the answer. Bytes that belong to a later state wait in
`unread`, and when too many do, the socket is not read any more: TCP then makes the client wait.
"""

from __future__ import annotations

import asyncio
import re
from time import monotonic
from typing import TYPE_CHECKING, Final, cast

from balancer.bodies import Body, Chunked, Length
from balancer.heads import (
    END_OF_HEAD,
    UNREADABLE,
    HttpError,
    ProtocolError,
    RequestHead,
    parse_request,
)
from balancer.outline import NOTHING_YET

if TYPE_CHECKING:
    from collections.abc import Callable

    from balancer.exchange import Exchange
    from balancer.settings import Limits

# What a client may send ahead of the answer it is waiting for before it is not read any more.
_AHEAD_BYTES: Final = 65_536
BULK_BYTES: Final = 100_000
"""A read of more than this is part of something large: the next waits until it is taken in.

uvloop would go on reading, up to 8 MB in one turn.
"""
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")


class Service:
    """What is behind a port: the balancer, or its administration.

    Args:
        limits: of its clients.
        user_header: the lower-case name of the header that names the user.
    """

    def __init__(self, limits: Limits, user_header: bytes) -> None:
        self.limits = limits
        self.user_header = user_header
        self.connections: set[ClientConnection] = set()
        self.draining = False
        self.requests: list[tuple[ClientConnection, bytes]] = []
        """What has arrived from clients in this turn of the event loop."""
        self.turning = False
        """Whether the end of the turn is waited for."""

    def turn_soon(self) -> None:
        """Have what arrives in this turn of the event loop taken in at its end."""
        self.turning = True
        asyncio.get_running_loop().call_soon(self.take_turn)

    def take_turn(self) -> None:
        """Take in what has arrived."""
        self.turning = False
        requests, self.requests = self.requests, []
        for client, data in requests:
            client.take(data)

    def exchange_for(self, target: str) -> type[Exchange]:
        """The kind of exchange that answers a request target."""
        raise NotImplementedError


class ClientConnection(asyncio.Protocol):
    """One connection from a client.

    Args:
        service: who answers.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.exchange: Exchange | None = None
        self.ready = True  # for a request: no exchange, and the client takes bytes
        self.peer = b""
        self.outline = NOTHING_YET  # of the headers of the last request
        self.deadline = 0.0
        self.unread = b""
        self._searched = 0  # how much of the unread has been looked through for the end of a head
        self._body: Body | None = None
        self._body_bytes = 0
        self._advancing = False
        self._reading = True
        self._blocked = False  # the client takes no more bytes for now
        self._closing = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self._transport = cast("asyncio.Transport", transport)
        self.send = self._transport.write
        address = transport.get_extra_info("peername")
        self.peer = address[0].encode() if address else b"unknown"
        self.deadline = monotonic() + self.service.limits.client_header_s
        self.service.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """The client has sent something: it waits for the end of the turn."""
        service = self.service
        service.requests.append((self, data))
        if len(data) > BULK_BYTES and not self._closing:  # what is thrown away need not wait
            self._read_no_more()
        if not service.turning:
            service.turn_soon()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        """The client has left, or was sent away.

        A client that closes only its sending half counts as gone, as in nginx: the two look the
        same until an answer fails to arrive.
        """
        self.service.connections.discard(self)
        self._closing = True
        self.ready = False
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.abandon()

    def pause_writing(self) -> None:
        """The client reads more slowly than the backend answers."""
        self._blocked = True
        self.ready = False
        self.deadline = monotonic() + self.service.limits.client_idle_s
        if self.exchange is not None:
            self.exchange.pause()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._blocked = False
        if self.exchange is None:
            self.ready = not self._closing
            self.data_received(b"")  # what is unread gets its turn
        else:
            self.deadline = monotonic() + self.service.limits.backend_response_s
            self.exchange.resume()

    # What the service calls, at the end of the turn.

    def take(self, data: bytes) -> None:
        """Take in what was received; where it is cut has no meaning."""
        if self._closing:
            return
        if self.exchange is None and not self.unread:
            # Counted from a head's first byte: sending it slowly does not buy time.
            self.deadline = monotonic() + self.service.limits.client_header_s
        self.unread += data
        self._advance()
        self._read_as_needed()

    # What the exchange calls.

    send: Callable[[bytes], None]
    """The transport's own method, without another call around it."""

    def proceed(self) -> None:
        """The exchange can take more of the body."""
        if self._body is not None:
            self.deadline = monotonic() + self.service.limits.client_idle_s
        self._advance()
        self._read_as_needed()

    def write(self, data: bytes) -> None:
        """Send a part of the answer."""
        self.deadline = monotonic() + self.service.limits.backend_response_s
        self._transport.write(data)

    def renew(self) -> None:
        """It is a backend's turn to do something: it has as long as any."""
        self.deadline = monotonic() + self.service.limits.backend_response_s

    def finish(self, exchange: Exchange, data: bytes, moment: float) -> None:
        """Send the end of the answer; the next request may begin.

        Args:
            exchange: which comes to its end.
            data: the end of its answer.
            moment: now, as `time.monotonic` says it.
        """
        service = self.service
        if self.exchange is not exchange:
            return  # the client has left
        self.exchange = None
        self.ready = not self._blocked
        self.deadline = moment + service.limits.client_idle_s
        self._transport.write(data)
        if exchange.last or service.draining:
            self._close(unread=self._body is not None or exchange.request is UNREADABLE)
        elif self.unread or not self._reading:
            self.deadline = moment + service.limits.client_header_s
            self._advance()
            self._read_as_needed()

    def abort(self) -> None:
        """Cut the connection, so that the client cannot take what it has for the whole."""
        self.exchange = None
        self.ready = False
        self._closing = True
        self._transport.abort()

    # What the server calls.

    def timed_out(self) -> None:
        """The deadline has passed: whoever was to make the next move has not."""
        if self._closing or self._blocked:
            self._transport.abort()
        elif self.exchange is None:
            if self.unread:
                self.refuse(HttpError(408, "the head did not arrive in time"))
            else:
                self._close(unread=False)
        elif self._body is not None and self.exchange.ready:
            self.exchange.fail(408, "the body did not arrive in time")
        else:
            self.exchange.silence(self.service.limits.backend_response_s)

    def drain(self) -> None:
        """Take no further request; an answer under way is finished."""
        if self.exchange is None:
            self._close(unread=False)

    # The steps from one state to the next.

    def _advance(self) -> None:
        if self._advancing:
            return  # an exchange answered at once; the loop below is still there
        self._advancing = True
        try:
            while not self._closing and self.unread and self._step():
                pass
        finally:
            self._advancing = False

    def _step(self) -> bool:
        """Take one head, or what there is of a body; false if that has to wait."""
        exchange = self.exchange
        if exchange is None:
            return not self._blocked and self._read_head()
        if self._body is None or not exchange.ready:
            return False
        self._read_body(exchange, self._body)
        return True

    def _read_head(self) -> bool:
        try:
            request = self._take_head()
        except HttpError as error:
            self.refuse(error)
            return False
        if request is None:
            return False
        self._open(request)
        return True

    def _take_head(self) -> RequestHead | None:
        """The next head, or None if it has not arrived whole."""
        limit = self.service.limits.header_bytes
        # What was looked through is not looked through again: a head may come byte by byte.
        end = self.unread.find(END_OF_HEAD, max(0, self._searched - len(END_OF_HEAD)))
        size = len(self.unread) if end < 0 else end + len(END_OF_HEAD)
        if size > limit:
            raise HttpError(431, f"request line and headers may have {limit} bytes")
        if end < 0:
            if _BARE_LF.search(self.unread, self._searched):
                raise HttpError(400, "lines end in CR LF")
            self._searched = len(self.unread)
            return None
        self._searched = 0
        head, self.unread = self.unread[:size], self.unread[size:]
        return parse_request(head, self.service.user_header)

    def _open(self, request: RequestHead) -> None:
        limits = self.service.limits
        exchange = self.service.exchange_for(request.target)(self, request)
        self.exchange = exchange
        self.ready = False
        if not request.fields.has_body:
            self.deadline = exchange.started + limits.backend_response_s
            exchange.start()
            return
        self._body = Chunked() if request.fields.chunked else Length(request.fields.content_length)
        self._body_bytes = 0
        self.deadline = exchange.started + limits.client_idle_s
        if request.fields.content_length > limits.body_bytes:
            exchange.fail(413, f"a body may have {limits.body_bytes} bytes")
            return
        exchange.start()
        waits = request.http11 and request.fields.expects_continue and not self.unread
        if waits and self.exchange is exchange:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _read_body(self, exchange: Exchange, body: Body) -> None:
        limits = self.service.limits
        try:
            payload, self.unread = body.feed(self.unread)
        except ProtocolError as error:
            exchange.fail(400, f"the body is not valid HTTP: {error}")
            return
        self._body_bytes += len(payload)
        if self._body_bytes > limits.body_bytes:
            exchange.fail(413, f"a body may have {limits.body_bytes} bytes")
            return
        if body.done:
            self._body = None
            exchange.complete = True
        patience_s = limits.backend_response_s if body.done else limits.client_idle_s
        self.deadline = monotonic() + patience_s
        exchange.receive(payload)

    def refuse(self, error: HttpError) -> None:
        """Answer what could not be understood, and hang up: the next byte has no meaning."""
        self.ready = False
        self.exchange = self.service.exchange_for(UNREADABLE.target)(self, UNREADABLE)
        self.exchange.fail(error.status, error.message)

    def _close(self, *, unread: bool) -> None:
        self._closing = True
        self.ready = False
        if not unread:
            self._transport.close()
            return
        # Closing on a client that is still sending makes TCP reset the connection, and the
        # answer would be lost with it. So only our half is closed, and the rest is thrown away
        # until the client has read the answer and closes too, or the deadline passes.
        self.unread = b""
        self.deadline = monotonic() + self.service.limits.client_header_s
        self._read_again()
        self._transport.write_eof()

    def _read_as_needed(self) -> None:
        """Read on, unless more than enough has come that has to wait."""
        waits = self.exchange is not None or self._blocked
        ahead = 0 if self._body is not None else _AHEAD_BYTES
        if waits and len(self.unread) > ahead:
            self._read_no_more()
        elif not self._closing:
            self._read_again()

    def _read_again(self) -> None:
        if not self._reading:
            self._reading = True
            self._transport.resume_reading()

    def _read_no_more(self) -> None:
        if self._reading:
            self._reading = False
            self._transport.pause_reading()
