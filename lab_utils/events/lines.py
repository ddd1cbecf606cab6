"""A line of the event log: what the fields of an event may hold, and what makes a line unusable."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeGuard

MOST = 1_000_000_000
"""The largest number believed: eleven days, as a latency."""


@dataclass(frozen=True)
class Rule:
    """What a field may hold, in words and as a test."""

    may_be: str
    fits: Callable[[object], bool]
    dtype: str


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # half a surrogate pair: JSON can write it, a file cannot
        return False
    return True


def _is_number(value: object) -> TypeGuard[int | float]:
    # a comparison, as an integer may be too long for any function that makes it a float
    return isinstance(value, int | float) and not isinstance(value, bool) and -MOST <= value <= MOST


TEXT = Rule("text", _is_text, "str")
TEXT_OR_NULL = Rule("text or null", lambda value: value is None or _is_text(value), "str")
STATUS = Rule("an HTTP status", lambda value: type(value) is int and 100 <= value <= 999, "int64")
NUMBER = Rule(f"a number up to {MOST:,}", _is_number, "float64")
DURATION = Rule(
    f"a number from 0 to {MOST:,}", lambda value: _is_number(value) and value >= 0, "float64"
)

REQUEST_FIELDS: Mapping[str, Rule] = {
    "request_id": TEXT,
    "timestamp": TEXT,
    "user_id": TEXT_OR_NULL,
    "variant": TEXT_OR_NULL,
    "backend": TEXT_OR_NULL,
    "method": TEXT,
    "path": TEXT,
    "status": STATUS,
    "latency_ms": DURATION,
}
OUTCOME_FIELDS: Mapping[str, Rule] = {
    "request_id": TEXT,
    "timestamp": TEXT,
    "user_id": TEXT_OR_NULL,
    "variant": TEXT_OR_NULL,
    "outcome": NUMBER,
}
FIELDS = {"request": REQUEST_FIELDS, "outcome": OUTCOME_FIELDS}
SOMETIMES: Mapping[str, Mapping[str, Rule]] = {
    "request": {"failover": TEXT_OR_NULL, "retried_from": TEXT_OR_NULL},
    "outcome": {},
}
"""Fields that are there only if they have something to say."""


class Unusable(Exception):
    """A line that is no event; its text says why."""


def event_of(line: bytes) -> dict[str, Any]:
    """The event on a line, its fields checked if its kind is known."""
    event = _parsed(line)
    if not (isinstance(event, dict) and _is_text(event.get("event"))):
        raise Unusable("no object with the name of an event")
    kind = event["event"]
    sometimes = SOMETIMES.get(kind, {})
    for field, rule in {**FIELDS.get(kind, {}), **sometimes}.items():
        article = "an" if kind == "outcome" else "a"
        if field not in event:
            if field in sometimes:
                continue
            raise Unusable(f"{article} {kind} without {field}")
        if not rule.fits(event[field]):
            raise Unusable(f"{article} {kind} whose {field} is not {rule.may_be}")
    return event


def _parsed(line: bytes) -> object:
    if not line.strip():
        raise Unusable("empty")
    try:
        return json.loads(line.decode(), parse_constant=_no_json)
    except UnicodeDecodeError:
        raise Unusable("not UTF-8 text") from None
    except (ValueError, RecursionError):  # cut short, or nested beyond reason
        raise Unusable("not JSON, as if cut short") from None


def _no_json(constant: str) -> NoReturn:
    """Python reads NaN and Infinity, which JSON does not know."""
    raise ValueError(constant)
