"""An exchange: one request and its answer.

`Exchange` is an answer the balancer gives itself, as the admin port does. `Recorded` adds what
every exchange with a visitor has: an id, and an event that is in the log before the answer is
out. forward.py has the one that asks a backend.
"""

from __future__ import annotations

import contextlib
import json
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from balancer import event_log
from balancer.heads import HttpError, RequestHead

if TYPE_CHECKING:
    from balancer.balancer import Balancer
    from balancer.client_side import ClientConnection
    from balancer.settings import UserSettings

CLIENT_LEFT: Final = 499
"""Not a status of HTTP but nginx's, and by now everybody's: nobody was there to be answered."""

_OWN_BODY_BYTES: Final = 65_536
_JSON: Final = b"Content-Type: application/json\r\n"


class Exchange:
    """A request that is answered here, once its body is complete.

    Args:
        client: where the request came from and the answer goes to.
        request: its head; UNREADABLE where it was not understood.
    """

    ready = True
    """Whether more of the request's body can be taken now."""

    def __init__(self, client: ClientConnection, request: RequestHead) -> None:
        self.client = client
        self.request = request
        self.started = monotonic()
        self.status = 0
        self.error: str | None = None
        self.begun = False  # whether a part of the answer has left
        self.complete = not request.has_body  # whether all of the request has arrived
        self.last = False  # whether the connection ends with this answer
        self._collected = b""

    def start(self) -> None:
        """The head is here. Without a body, that is all."""
        if self.complete:
            self._respond()

    def receive(self, payload: bytes) -> None:
        """Take a part of the body; after the last, `complete` is set."""
        self._collected += payload
        if len(self._collected) > _OWN_BODY_BYTES:
            self.fail(413, f"the body may have {_OWN_BODY_BYTES} bytes")
        elif self.complete:
            self._respond()

    def respond(self, body: bytes) -> None:
        """Answer the complete request.

        Raises:
            HttpError: to have it answered with an error.
        """
        raise NotImplementedError

    def answer(self, status: int, body: bytes, lines: bytes = _JSON) -> None:
        """Answer from here: record it, send it, be done."""
        self.status = status
        self.conclude(self._own_answer(status, body, lines))

    def fail(self, status: int, message: str, lines: bytes = b"") -> None:
        """Answer with an error; if an answer has begun, all that is left is to cut it off."""
        self.error = message
        if self.begun:
            self.release()
            with contextlib.suppress(OSError):  # counted by the log; the cut says enough
                self.record()
            self.client.abort()
        else:
            self.answer(status, _error(message), lines + _JSON)

    def abandon(self) -> None:
        """The client has left."""
        self.status = CLIENT_LEFT
        self.error = "the client closed the connection"
        self.release()
        with contextlib.suppress(OSError):  # counted by the log; nobody is there to be told
            self.record()

    def conclude(self, last: bytes) -> None:
        """Record the event, and only then let the end of the answer go."""
        self.release()
        try:
            self.record()
        except OSError as error:
            if self.begun:
                self.client.abort()
                return
            message = f"the event could not be recorded ({error.strerror}): nothing was counted"
            last = self._own_answer(503, _error(message), _JSON)
        self.client.finish(self, last)

    def record(self) -> None:
        """Put the exchange on record; here there is nobody who asks for it.

        Raises:
            OSError: the event log could not be written.
        """

    def release(self) -> None:
        """Let go of what the exchange holds."""

    def pause(self) -> None:
        """The client takes no more for now."""

    def resume(self) -> None:
        """The client takes more again."""

    def header_lines(self) -> bytes:
        """What every answer to this request carries; decides whether it is the last one here."""
        self.last = not (
            self.request.keep_alive and self.complete and not self.client.service.draining
        )
        return b"Connection: close\r\n" if self.last else b""

    def _respond(self) -> None:
        try:
            self.respond(self._collected)
        except HttpError as error:
            self.fail(error.status, error.message, error.lines)

    def _own_answer(self, status: int, body: bytes, lines: bytes) -> bytes:
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Length: {len(body)}\r\n"
        ).encode()
        end = b"\r\n" if self.request.method == "HEAD" else b"\r\n" + body
        return head + lines + self.header_lines() + end


class Recorded(Exchange):
    """An exchange with a visitor: it has an id and ends up in the event log."""

    def __init__(self, client: ClientConnection, request: RequestHead) -> None:
        super().__init__(client, request)
        # Only the data port opens these.
        self.balancer: Balancer = client.service  # type: ignore[assignment]
        self.request_id = self.balancer.next_id()
        self.user_id: str | None = None
        self.variant: str | None = None
        self.backend_name: str | None = None

    def header_lines(self) -> bytes:
        """The ids, by which a client can tell what happened to its request."""
        lines = b"X-Request-Id: %b\r\n" % self.request_id.encode()
        if self.variant is not None:
            lines = b"X-Variant: %b\r\n%b" % (self.variant.encode(), lines)
        return lines + super().header_lines()

    def record(self) -> None:
        """Write the event, and count what the client is told."""
        latency_s = monotonic() - self.started
        line = event_log.request_line(
            request_id=self.request_id,
            timestamp=event_log.now(),
            user_id=self.user_id,
            variant=self.variant,
            backend=self.backend_name,
            method=self.request.method,
            path=self.request.target,
            status=self.status,
            latency_ms=latency_s * 1000,
            error=self.error,
        )
        try:
            self.balancer.event_log.append(line)
        except OSError:
            self.status = 503
            raise
        finally:
            self.balancer.metrics.observe(self.variant, self.backend_name, self.status, latency_s)


def user_of(request: RequestHead, where: UserSettings) -> str | None:
    """Whose request it is: the path is asked first, then the header."""
    if request.target.startswith(where.path_prefix):
        segment = request.target[len(where.path_prefix) :].partition("?")[0].partition("/")[0]
        if segment:
            return unquote(segment)
    return request.fields.user or None


def _error(message: str) -> bytes:
    return json.dumps({"error": message}).encode() + b"\n"
