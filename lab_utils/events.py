"""The event log, read: the only module that knows its lines.

The balancer writes one JSON object a line, a `request` for every request it answered and an
`outcome` for every outcome reported to it; the two join on `request_id`. Reading never fails
on a bad line: what could not be used is counted, so that a report can say how much is missing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pandas as pd

from lab_utils.errors import LabError

RECOMMENDATION = "/recommend/"
"""Paths under this one ask a recommender for films."""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_text_or_null(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


REQUEST_FIELDS: Mapping[str, Callable[[object], bool]] = {
    "request_id": _is_text,
    "timestamp": _is_text,
    "user_id": _is_text_or_null,
    "variant": _is_text_or_null,
    "backend": _is_text_or_null,
    "method": _is_text,
    "path": _is_text,
    "status": _is_number,
    "latency_ms": _is_number,
}
OUTCOME_FIELDS: Mapping[str, Callable[[object], bool]] = {
    "request_id": _is_text,
    "timestamp": _is_text,
    "user_id": _is_text_or_null,
    "variant": _is_text_or_null,
    "outcome": _is_number,
}
FIELDS = {"request": REQUEST_FIELDS, "outcome": OUTCOME_FIELDS}


@dataclass(frozen=True)
class EventLog:
    """What one event log holds, and what in it could not be used.

    Attributes:
        path: the file it was read from.
        requests: one row per `request` event, in the order written.
        outcomes: one row per `outcome` event, in the order written.
        torn_at: numbers (from 1) of the lines that are not a whole event: cut short, not JSON,
            or without a field that its kind of event has.
        unknown_events: how often each kind of event occurred that this reader does not know.
    """

    path: Path
    requests: pd.DataFrame
    outcomes: pd.DataFrame
    torn_at: tuple[int, ...]
    unknown_events: Mapping[str, int]

    @property
    def torn_lines(self) -> int:
        """How many lines are not a whole event."""
        return len(self.torn_at)

    @property
    def duplicate_outcomes(self) -> int:
        """Outcomes beyond the first of their request; `visits` uses the first."""
        return int(self.outcomes["request_id"].duplicated().sum())

    @property
    def orphan_outcomes(self) -> int:
        """Outcomes whose request is not in the log; `visits` cannot use them."""
        return int((~self.outcomes["request_id"].isin(self.requests["request_id"])).sum())

    @property
    def contradicting_outcomes(self) -> int:
        """Outcomes that name another variant than their request; the request's is believed."""
        seen = self.requests.drop_duplicates("request_id").set_index("request_id")["variant"]
        known = self.outcomes[self.outcomes["request_id"].isin(seen.index)]
        expected = known["request_id"].map(seen)
        both_null = expected.isna() & known["variant"].isna()
        return int(((expected != known["variant"]) & ~both_null).sum())

    def problems(self) -> dict[str, int]:
        """Everything that could not be used, in words, with how often; empty for a clean log."""
        where = f" (line {', '.join(map(str, self.torn_at[:5]))}{', …' * (self.torn_lines > 5)})"
        found = {
            f"torn or incomplete line{where}": self.torn_lines,
            "outcome reported again (the first counts)": self.duplicate_outcomes,
            "outcome without a request": self.orphan_outcomes,
            "outcome naming another variant than its request": self.contradicting_outcomes,
            **{f"event of the unknown kind {k!r}": n for k, n in self.unknown_events.items()},
        }
        return {what: count for what, count in found.items() if count}

    def visits(self) -> pd.DataFrame:
        """One row per request for films, whether or not a recommender could answer it.

        Returns:
            Columns `request_id`, `timestamp` (UTC; NaT where unreadable), `user_id` (text),
            `variant`, `latency_ms`, `status`, `outcome`. A failed request (status 400 or more)
            brought its user nothing: its outcome is 0, not missing, because dropping what
            failed after a variant was assigned would flatter the variant that fails. An
            answered request whose outcome was never reported has NaN.
        """
        asked = self.requests[self.requests["path"].str.startswith(RECOMMENDATION)]
        outcomes = self.outcomes.drop_duplicates("request_id").set_index("request_id")["outcome"]
        visits = asked[["request_id", "timestamp", "user_id", "variant", "latency_ms", "status"]]
        reported = visits["request_id"].map(outcomes).astype("float64")
        return visits.assign(
            timestamp=pd.to_datetime(
                visits["timestamp"], utc=True, format="ISO8601", errors="coerce"
            ),
            outcome=reported.mask(
                reported.isna() & (visits["status"] >= HTTPStatus.BAD_REQUEST), 0.0
            ),
        ).reset_index(drop=True)

    def failures(self) -> dict[str, int]:
        """Failed requests for films, as "status 502 from a" with how often."""
        visits = self.visits()
        failed = visits[visits["status"] >= HTTPStatus.BAD_REQUEST]
        named = (
            "status "
            + failed["status"].astype(str)
            + " from "
            + failed["variant"].fillna("no variant")
        )
        return {str(name): int(count) for name, count in named.value_counts().items()}


def read(path: Path) -> EventLog:
    """Read an event log, counting what is torn or unknown instead of failing on it.

    Args:
        path: an `events.jsonl` written by the balancer.

    Raises:
        LabError: the file is missing, empty, or has not one event in it.
    """
    events: dict[str, list[dict[str, Any]]] = {kind: [] for kind in FIELDS}
    unknown: Counter[str] = Counter()
    torn = []
    for number, line in enumerate(_lines(path), start=1):
        event = _event(line)
        if event is None:
            torn.append(number)
        elif (kind := event["event"]) not in FIELDS:
            unknown[kind] += 1
        elif all(field in event and fits(event[field]) for field, fits in FIELDS[kind].items()):
            events[kind].append(event)
        else:
            torn.append(number)
    if not any(events.values()):
        raise _no_events(path, f"{path} holds {len(torn)} torn lines and not one event")
    requests, outcomes = (_table(events[kind], FIELDS[kind]) for kind in ("request", "outcome"))
    return EventLog(Path(path), requests, outcomes, tuple(torn), dict(unknown))


def _lines(path: Path) -> list[bytes]:
    try:
        lines = Path(path).read_bytes().splitlines()
    except FileNotFoundError:
        raise _no_events(path, f"there is no file {path}") from None
    if not lines:
        raise _no_events(path, f"{path} is empty")
    return lines


def _no_events(path: Path, found: str) -> LabError:
    return LabError(
        f"reading the event log {Path(path).name}",
        found,
        "make one with `./lab demo`, which sends visitors through the balancer and leaves the "
        "log in results/<run>/events.jsonl",
    )


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):  # not JSON, or nested beyond reason
        return None
    named = isinstance(event, dict) and isinstance(event.get("event"), str)
    return event if named else None


def _table(events: list[dict[str, Any]], fields: Mapping[str, object]) -> pd.DataFrame:
    table = pd.DataFrame(events, columns=list(fields))
    texts = [name for name, fits in fields.items() if fits is not _is_number]
    return table.astype(dict.fromkeys(texts, "str"))
