"""Forwarding: a request goes to a backend, and the backend's answer to the client.

Whatever goes wrong ends in one of three ways: the client gets an error status if nothing has been
sent to it yet; else its connection is cut, so that half an answer cannot pass for a whole one; and
if it is the client that leaves, the backend is left as well. Each is in the event log.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from balancer.bodies import LAST_CHUNK, UntilClose, chunk
from balancer.exchange import Recorded, user_of

if TYPE_CHECKING:
    from balancer.backend_side import Backend, BackendConnection
    from balancer.bodies import Body
    from balancer.client_side import ClientConnection
    from balancer.heads import RequestHead, ResponseHead

# Doing it twice is the same as doing it once (RFC 9110, section 9.2.2).
_IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"))


class Forwarded(Recorded):
    """A request that a backend answers."""

    def __init__(self, client: ClientConnection, request: RequestHead) -> None:
        super().__init__(client, request)
        self._backend: Backend | None = None
        self._connection: BackendConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._answer_head = b""  # waits for the first bytes of the body, to leave with them
        self._chunked_answer = False

    @property
    def ready(self) -> bool:  # type: ignore[override]  # constant for answers given here
        """Whether the backend takes more of the request's body."""
        return self._connection is not None and not self._connection.blocked

    def start(self) -> None:
        """Choose the variant and a backend, and send the head on its way."""
        self.user_id = user_of(self.request, self.balancer.settings.user)
        # Who says nothing about himself is split like a user met only once.
        self.variant = self.balancer.choose_variant(self.user_id or self.request_id)
        backend = self.balancer.choose_backend(self.variant)
        if backend is None:
            self.fail(503, f"variant {self.variant} has no healthy backend: try again later")
            return
        self._backend, self.backend_name = backend, backend.name
        backend.in_flight += 1
        connection = backend.take_idle()
        if connection is None:
            self._connect(backend)
        else:
            self._send_head(connection)

    def receive(self, payload: bytes) -> None:
        """Pass on a part of the request's body."""
        if self._connection is None:
            return  # the backend has answered without waiting for all of it
        if self.request.fields.chunked:
            payload = (chunk(payload) if payload else b"") + (LAST_CHUNK if self.complete else b"")
        self._connection.write(payload)

    # What the connection to the backend calls.

    def interim(self, head: ResponseHead) -> None:
        """The backend has sent a 1xx answer: a hint that comes before the real one."""
        # Expect has been dealt with on the client's side, and HTTP/1.0 knows no 1xx.
        if head.status != 100 and self.request.http11:
            self.client.write(head.lines + b"\r\n")

    def begin(self, head: ResponseHead, body: Body) -> None:
        """The head of the answer is here."""
        self.status = head.status
        lines = head.lines + self.header_lines()
        if head.chunked or isinstance(body, UntilClose):
            # HTTP/1.0 knows no chunks: there the end of the connection is the end of the body.
            self._chunked_answer = self.request.http11 and not body.done
            if self._chunked_answer:
                lines += b"Transfer-Encoding: chunked\r\n"
        self._answer_head = lines + b"\r\n"

    def deliver(self, payload: bytes, *, last: bool) -> None:
        """Pass on a part of the answer; the end of it waits for the event to be recorded."""
        if self._chunked_answer:
            payload = (chunk(payload) if payload else b"") + (LAST_CHUNK if last else b"")
        data = self._answer_head + payload
        self._answer_head = b""
        if last:
            self.conclude(data)
        elif data:
            self.begun = True
            self.client.write(data)

    def backend_failed(self, reason: str, *, unanswered: bool) -> None:
        """The backend broke off, or made no sense.

        Args:
            reason: what it did.
            unanswered: whether a connection that was in use before ended without a byte. Then
                the backend most likely closed it before the request came, so that a request
                which may be repeated gets one new connection, which cannot be stale.
        """
        self._connection = None
        repeatable = self.request.method in _IDEMPOTENT and not self.request.has_body
        if unanswered and repeatable and self._backend is not None:
            self._connect(self._backend)
        else:
            self.fail(502, f"backend {self.backend_name} {reason}")

    def proceed(self) -> None:
        """The backend takes more of the request's body."""
        self.client.proceed()

    # What the client's side calls.

    def pause(self) -> None:
        """The client takes no more: neither do we."""
        if self._connection is not None:
            self._connection.pause()

    def resume(self) -> None:
        """The client takes more again."""
        if self._connection is not None:
            self._connection.resume()

    def release(self) -> None:
        """Leave the backend; a connection in the middle of something is of no further use."""
        if self._connection is not None:
            self._connection.drop()
            self._connection = None
        if self._backend is not None:
            self._backend.in_flight -= 1
            self._backend = None

    def detach(self) -> None:
        """The connection has delivered all of the answer and goes its own way."""
        self._connection = None

    def _connect(self, backend: Backend) -> None:
        task = asyncio.get_running_loop().create_task(self._connect_and_send(backend))
        self._connecting = task  # the loop itself holds tasks weakly

    async def _connect_and_send(self, backend: Backend) -> None:
        try:
            connection = await backend.connect()
        except OSError as error:
            if self._backend is backend:
                self.fail(502, f"backend {backend.name} cannot be reached: {error}")
            return
        if self._backend is backend:
            self._send_head(connection)
            self.client.proceed()
        else:
            backend.keep(connection)  # the client could not wait: the next one need not

    def _send_head(self, connection: BackendConnection) -> None:
        request, fields = self.request, self.request.fields
        connection.exchange = self
        self._connection = connection
        connection.write(
            (
                f"{request.method} {request.target} HTTP/1.1\r\nX-Request-Id: {self.request_id}\r\n"
            ).encode()
            + b"X-Forwarded-For: %b%b\r\n%b\r\n"
            % (fields.forwarded_for, self.client.peer, fields.lines)
        )
