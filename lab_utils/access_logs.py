"""What nginx and HAProxy log, as events: bytes in, bytes out, line by line.

Both write JSON as near to the event log as they can (see their configurations). What neither can
is told here: an outcome is in the body that was posted, and arrives as text in the field `body`;
what is not there is "" or "-"; and nginx counts time in seconds.

A line that cannot be understood is handed on as it is: `events` counts it, and says so. Left out
is what HAProxy says about itself in between, such as that it stops: no answer, and no JSON.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

NOTHING = ("", "-", "<NOSRV>", "<BADREQ>")
"""How the two say that there is no such thing: no user, no backend, no readable request."""

OUTCOME_FIELDS = ("request_id", "user_id", "variant", "outcome")


def to_events(log: bytes) -> bytes:
    """An access log in the form of our event log.

    Every entry becomes one line, and a last one without its end stays without: so the events of a
    log that has grown begin with the events of what it was.
    """
    entries = (line for line in log.splitlines(keepends=True) if line.startswith(b"{"))
    return b"".join(map(_translated, entries))


def _translated(line: bytes) -> bytes:
    try:
        # a path may hold any bytes, and nginx writes them as they came
        entry = json.loads(line.decode(errors="replace"))
        event = _outcome(entry) if entry["event"] == "outcome" else _request(entry)
    except (ValueError, KeyError, TypeError, RecursionError):
        return line
    end = line[len(line.rstrip(b"\r\n")) :]
    return json.dumps(event, separators=(",", ":")).encode() + end


def _request(entry: dict[str, Any]) -> dict[str, Any]:
    named = {name: _something(entry[name]) for name in ("user_id", "variant", "backend")}
    asked = {name: _something(entry[name]) or "-" for name in ("method", "path")}
    return {
        "event": "request",
        "request_id": entry["request_id"],
        "timestamp": _timestamp(entry),
        **named,
        **asked,
        "status": entry["status"],
        "latency_ms": _latency(entry),
    }


def _outcome(entry: dict[str, Any]) -> dict[str, Any]:
    told = json.loads(entry["body"])
    if told["outcome"] not in (0, 1) or isinstance(told["outcome"], bool):
        raise ValueError  # our balancer would have refused it; nginx took what it was sent
    return {
        "event": "outcome",
        "timestamp": _timestamp(entry),
        **{name: told[name] for name in OUTCOME_FIELDS},
    }


def _something(value: str) -> str | None:
    return None if value in NOTHING else value


def _timestamp(entry: dict[str, Any]) -> str:
    """The time as ISO 8601 in UTC with a Z; nginx has it so only to the second."""
    at = entry["timestamp"]
    if isinstance(at, str):
        return at
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _latency(entry: dict[str, Any]) -> float:
    if "latency_s" in entry:
        return float(round(entry["latency_s"] * 1000, 3))
    return float(entry["latency_ms"])
