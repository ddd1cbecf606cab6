"""`POST /outcome`: what the user did next, told by whoever saw it, written to the event log."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from balancer import event_log
from balancer.exchange import Recorded
from balancer.heads import HttpError

_RECORDED = b'{"recorded": true}\n'
_CREATED = 201
_TEXT_CHARACTERS = 256


class Outcome(NamedTuple):
    """An outcome, checked."""

    user_id: str
    request_id: str
    variant: str
    outcome: int


class OutcomeExchange(Recorded):
    """A request to /outcome; if it is accepted, its event is the outcome."""

    _outcome: Outcome | None = None

    def respond(self, body: bytes) -> None:
        """Check the body and record the outcome."""
        if self.request.method != "POST":
            message = f"/outcome takes POST, not {self.request.method}"
            raise HttpError(405, message, b"Allow: POST\r\n")
        self._outcome = parse_outcome(body, self.balancer.weights.keys())
        self.answer(_CREATED, _RECORDED)

    def event(self, timestamp: str, moment: float) -> str:
        """The outcome's line, or that of a request that was refused."""
        if self._outcome is None or self.status != _CREATED:
            return super().event(timestamp, moment)
        return event_log.outcome_line(timestamp=timestamp, **self._outcome._asdict())

    def count(self, moment: float) -> None:
        """Count the outcome, or a request that was refused."""
        if self._outcome is None or self.status != _CREATED:
            super().count(moment)
        else:
            self.balancer.record_outcome(self._outcome.variant, self._outcome.outcome)


def parse_outcome(body: bytes, variants: Any) -> Outcome:
    """Check what was sent.

    Args:
        body: `{"user_id": "17", "request_id": "…", "variant": "a", "outcome": 0}`.
        variants: the names there are.

    Raises:
        HttpError: 400, naming the field, what was found and what it may be.
    """
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise HttpError(400, "the body is not JSON") from None
    if not isinstance(sent, dict):
        raise HttpError(400, "the body may be a JSON object only")
    for field in Outcome._fields:
        if field not in sent:
            raise HttpError(400, f"{field} is missing")
    for field in sent:
        if field not in Outcome._fields:
            fields = ", ".join(Outcome._fields)
            raise HttpError(400, f"{field[:40]!r} is not a field of an outcome: {fields}")
    for field in ("user_id", "request_id"):
        value = sent[field]
        if not isinstance(value, str) or not 0 < len(value) <= _TEXT_CHARACTERS:
            raise _refusal(field, value, f"text of 1 to {_TEXT_CHARACTERS} characters")
    if sent["variant"] not in list(variants):
        raise _refusal("variant", sent["variant"], " or ".join(f'"{name}"' for name in variants))
    if isinstance(sent["outcome"], bool) or sent["outcome"] not in (0, 1):
        raise _refusal("outcome", sent["outcome"], "0 or 1")
    return Outcome(**{**sent, "outcome": int(sent["outcome"])})


def _refusal(field: str, found: Any, may_be: str) -> HttpError:
    return HttpError(400, f"{field}: found {json.dumps(found)[:80]}, may be {may_be}")
