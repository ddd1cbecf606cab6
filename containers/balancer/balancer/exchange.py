"""An exchange: one request and its answer.

`Exchange` is an answer the balancer gives itself, as the admin port does. `Recorded` adds what
every exchange with a visitor has: an id, and an event that is in the log before the answer is
out. forward.py has the one that asks a backend.

What an exchange starts with stands on the class: an attribute that is not set costs nothing, and
most requests never touch most of them.
"""

from __future__ import annotations

import contextlib
import json
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Final, cast

from balancer.event_log import now, request_line
from balancer.heads import HttpError, RequestHead

if TYPE_CHECKING:
    from balancer.backend import Backend
    from balancer.balancer import Balancer
    from balancer.client_side import ClientConnection

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
    status = 0
    """What the client is told."""
    error: str | None = None
    """What went wrong, where the client does not get a backend's whole answer."""
    begun = False
    """Whether a part of the answer has left."""
    complete = True
    """Whether all of the request has arrived."""
    last = False
    """Whether the connection ends with this answer."""
    _collected = b""

    def __init__(self, client: ClientConnection, request: RequestHead) -> None:
        self.client = client
        self.request = request
        self.started = monotonic()
        self.complete = not request.fields.has_body

    def start(self, payload: bytes = b"") -> None:
        """The head is here.

        Args:
            payload: the body, if all of it is here already; then `complete` is set.
        """
        if self.complete:
            self.receive(payload)

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
            self.record_now()
            self.client.abort()
        else:
            self.answer(status, error_body(message), lines + _JSON)

    def silence(self, limit_s: float) -> None:
        """Nobody has said anything for so long that the exchange has to end."""
        self.fail(504, f"there was no answer for {limit_s:g} s")

    def abandon(self) -> None:
        """The client has left."""
        self.status = CLIENT_LEFT
        self.error = "the client closed the connection"
        self.release()
        self.record_now()

    def conclude(self, last: bytes) -> None:
        """The end of the answer may go, once the exchange is on record: here, at once."""
        self.release()
        self.client.finish(self, last, monotonic())

    def record_now(self) -> None:
        """Put an exchange on record that ends without an end to its answer."""

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

    user_id: str | None = None
    variant: str | None = None
    """The variant that the user belongs to, once it is chosen."""
    backend: Backend | None = None
    """Where it was forwarded to, last."""
    retried_from: str | None = None
    """The backend that failed first, where the request was tried again elsewhere."""
    concluded = False
    """Whether the end of the answer waits for the event to be recorded."""
    plain = False
    """Whether it came to its end on the hot path."""

    def __init__(self, client: ClientConnection, request: RequestHead) -> None:
        super().__init__(client, request)
        # Only the data port opens these.
        self.balancer = balancer = cast("Balancer", client.service)
        self.request_id = balancer.next_id()

    @property
    def failover(self) -> str | None:
        """The variant whose backend stood in, where the user's own had none."""
        if self.backend is None or self.backend.variant == self.variant:
            return None
        return self.backend.variant

    def header_lines(self) -> bytes:
        """The ids, by which a client can tell what happened to its request."""
        lines = b"X-Request-Id: %b\r\n" % self.request_id.encode()
        if self.failover is not None:
            lines = b"X-Failover: %b\r\n%b" % (self.failover.encode(), lines)
        if self.variant is not None:
            lines = b"X-Variant: %b\r\n%b" % (self.variant.encode(), lines)
        return lines + super().header_lines()

    def fail(self, status: int, message: str, lines: bytes = b"") -> None:
        """See `Exchange.fail`; too late for an answer that only waits to be recorded."""
        if not self.concluded:
            super().fail(status, message, lines)

    def conclude(self, last: bytes) -> None:
        """The end of the answer waits until the event is in the log, see `Balancer.commit`."""
        self.release()
        self.concluded = True
        self.balancer.conclude(self, last)

    def abandon(self) -> None:
        """The client has left; if its answer was only waiting to be recorded, it still is."""
        if not self.concluded:
            super().abandon()

    def event(self, timestamp: str, moment: float) -> str:
        """The line for the log.

        Args:
            timestamp: the time, for readers.
            moment: the same on the clock that `started` was read from, in seconds.
        """
        return request_line(self, timestamp, (moment - self.started) * 1000)

    def count(self, moment: float) -> None:
        """Count what the client is told."""
        name = None if self.backend is None else self.backend.name
        tally = self.balancer.metrics.tally(self.variant, name)
        tally.observe(self.status, moment - self.started)

    def unrecorded(self, problem: str, moment: float) -> None:
        """The event is not in the log: the client is told, or cut off, and never served."""
        if self.begun:
            self.client.abort()
            return
        self.status, self.error = 503, f"the event could not be recorded ({problem})"
        body = error_body(f"{self.error}: nothing was counted")
        self.client.finish(self, self._own_answer(503, body, _JSON), moment)

    def record_now(self) -> None:
        """Write and count the event by itself."""
        moment = monotonic()
        with contextlib.suppress(OSError):  # counted by the log; nobody is there to be told
            self.balancer.event_log.append([self.event(now(), moment)])
        self.count(moment)


def error_body(message: str) -> bytes:
    """An error as the client is told of it."""
    return json.dumps({"error": message}).encode() + b"\n"
