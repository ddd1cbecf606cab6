"""Forwarding: a request goes to a backend, and the backend's answer to the client.

Whatever goes wrong ends in one of four ways: the request is tried once more elsewhere, if that is
harmless; or the client gets an error status, if nothing has been sent to it yet; or its connection
is cut, so that half an answer cannot pass for a whole one; and if it is the client that leaves, the
backend is left as well. Each is in the event log.
"""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from balancer.bodies import LAST_CHUNK, UntilClose, chunk
from balancer.exchange import Recorded
from balancer.heads import parse_request

if TYPE_CHECKING:
    from balancer.backend import Backend
    from balancer.backend_side import BackendConnection
    from balancer.bodies import Body
    from balancer.heads import RequestHead, ResponseHead
    from balancer.settings import UserSettings

# Doing it twice is the same as doing it once (RFC 9110, section 9.2.2).
_IDEMPOTENT: Final = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"))


class Forwarded(Recorded):
    """A request that a backend answers."""

    head = b""
    """What arrived of a request on the hot path, up to its body."""
    method = b""
    """Its method."""
    target = ""
    """Its target."""
    connection: BackendConnection | None = None
    """The one that carries it."""
    holding = False
    """Whether it counts among the backend's requests in flight."""
    usual = False
    """Whether it has been on the hot path so far."""
    _connecting: asyncio.Task[None] | None = None
    _answer_head = b""  # waits for the first bytes of the body, to leave with them
    _chunked_answer = False

    @cached_property
    def request(self) -> RequestHead:  # type: ignore[override]  # set by __init__ elsewhere
        """What is understood of the request's head: read again if it is asked for after all.

        On the hot path it nearly never is, and making it costs as much as a system call.
        """
        return parse_request(self.head, self.balancer.user_header)

    @property
    def ready(self) -> bool:  # type: ignore[override]  # constant for answers given here
        """Whether the backend takes more of the request's body."""
        return self.connection is not None and not self.connection.blocked

    def start(self, payload: bytes = b"") -> None:
        """Choose the variant and a backend, and send the head on its way.

        Args:
            payload: all of the request's body, if it is here already.
        """
        balancer = self.balancer
        self.user_id = user_of(self.request, balancer.settings.user)
        # Who says nothing about himself is split like a user met only once.
        self.variant = balancer.choose_variant(self.user_id or self.request_id)
        self.dispatch(payload)

    def dispatch(self, payload: bytes, backend: Backend | None = None) -> None:
        """Send the head on its way.

        Args:
            payload: all of the request's body, if it is here already.
            backend: one of the variant's that was chosen already.
        """
        variant = self.balancer.variants[str(self.variant)]
        backend = backend or variant.choose() or self._stand_in(without=None)
        if backend is None:
            self.fail(503, f"variant {variant.name} has no healthy backend: try again later")
            return
        self._use(backend)
        connection = backend.take_idle()
        if connection is None:
            self._connect(backend, payload)
        else:
            self._send_head(connection, payload)

    def receive(self, payload: bytes) -> None:
        """Pass on a part of the request's body."""
        if self.connection is None:
            return  # the backend has answered without waiting for all of it
        if self.request.fields.chunked:
            payload = (chunk(payload) if payload else b"") + (LAST_CHUNK if self.complete else b"")
        self.connection.write(payload)

    # What the connection to the backend calls.

    def interim(self, head: ResponseHead) -> None:
        """The backend has sent a 1xx answer: a hint that comes before the real one."""
        # Expect has been dealt with on the client's side, and HTTP/1.0 knows no 1xx.
        if head.status != 100 and self.request.http11:
            # Not by way of write: a hint is no reason to wait longer for what it hints at.
            self.client.send(head.lines + b"\r\n")

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

    def backend_failed(self, reason: str, *, stale: bool = False) -> None:
        """The backend broke off, or made no sense.

        Args:
            reason: what it did.
            stale: whether a connection that was in use before ended without a byte. Then the
                backend most likely closed it before the request came: nothing is held against it,
                and a request that may be repeated gets a new connection, which cannot be stale.
        """
        self.connection = None
        if not stale or self.backend is None:
            self._fail_elsewhere(502, reason)
        elif self._repeatable():
            self._connect(self.backend)
        else:
            self.fail(502, f"backend {self.backend.name} {reason}")

    def hold(self) -> None:
        """The backend takes no more of the request's body for now."""
        self.client.renew()

    def proceed(self) -> None:
        """The backend takes more of the request's body."""
        self.client.proceed()

    # What the client's side calls.

    def silence(self, limit_s: float) -> None:
        """The backend has been silent for too long."""
        if self.connection is not None:
            self.connection.drop()
            self.connection = None
        self._fail_elsewhere(504, f"was silent for {limit_s:g} s")

    def pause(self) -> None:
        """The client takes no more: neither do we."""
        if self.connection is not None:
            self.connection.pause()

    def resume(self) -> None:
        """The client takes more again."""
        if self.connection is not None:
            self.connection.resume()

    def release(self) -> None:
        """Leave the backend; a connection in the middle of something is of no further use."""
        if self.connection is not None:
            self.connection.drop()
            self.connection = None
        if self.holding and self.backend is not None:
            self.holding = False
            self.backend.in_flight -= 1

    def detach(self) -> None:
        """The connection has delivered all of the answer and goes its own way."""
        self.connection = None

    # The steps.

    def _use(self, backend: Backend) -> None:
        self.backend = backend
        self.holding = True
        backend.in_flight += 1

    def _stand_in(self, *, without: Backend | None) -> Backend | None:
        """A backend of another variant, where the settings allow that."""
        user = self.user_id or self.request_id
        return self.balancer.stand_in(str(self.variant), user, without=without)

    def _repeatable(self) -> bool:
        idempotent = self.request.method in _IDEMPOTENT and not self.request.fields.has_body
        return idempotent and not self.begun

    def _fail_elsewhere(self, status: int, reason: str) -> None:
        """A backend has failed: try another if that is harmless, once; else tell the client."""
        failed = self.backend
        if failed is None or not self.holding:
            return
        failed.failed(reason)
        self.usual = False
        if self._repeatable() and self.retried_from is None:
            variant = self.balancer.variants[failed.variant]
            other = variant.choose(without=failed) or self._stand_in(without=failed)
            if other is not None:
                failed.tally.retries += 1
                failed.in_flight -= 1
                self.retried_from, self._answer_head = failed.name, b""
                self._use(other)
                self.client.renew()
                self._connect(other)
                return
        self.fail(status, f"backend {failed.name} {reason}")

    def _connect(self, backend: Backend, payload: bytes = b"") -> None:
        connecting = self._connect_and_send(backend, payload)
        self._connecting = asyncio.get_running_loop().create_task(connecting)  # held: loops do not

    async def _connect_and_send(self, backend: Backend, payload: bytes) -> None:
        try:
            connection = await backend.connect()
        except OSError as error:
            if self._waits_for(backend):
                self._fail_elsewhere(502, f"cannot be reached: {error}")
            return
        if connection.closing:
            if self._waits_for(backend):
                self._fail_elsewhere(502, "closed the connection before it was asked")
        elif self._waits_for(backend):
            self._send_head(connection, payload)
            self.client.proceed()
        else:
            backend.keep(connection)  # the client could not wait: the next one need not

    def _waits_for(self, backend: Backend) -> bool:
        return self.holding and self.backend is backend and self.connection is None

    def _send_head(self, connection: BackendConnection, payload: bytes) -> None:
        request, fields = self.request, self.request.fields
        connection.exchange = self
        self.connection = connection
        connection.write(
            b"%b HTTP/1.1\r\nX-Request-Id: %b\r\nX-Forwarded-For: %b%b\r\n%b\r\n%b"
            % (
                request.line,
                self.request_id.encode(),
                fields.forwarded_for,
                self.client.peer,
                fields.lines,
                payload,
            )
        )


def user_of(request: RequestHead, where: UserSettings) -> str | None:
    """Whose request it is: the path is asked first, then the header."""
    target, prefix = request.target, where.path_prefix
    if target.startswith(prefix):
        segment = target[len(prefix) :]
        if "?" in segment or "/" in segment:
            segment = segment.partition("?")[0].partition("/")[0]
        if segment:
            return unquote(segment) if "%" in segment else segment
    return request.fields.user or None
