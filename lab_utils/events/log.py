"""A log in memory: one table of requests, one of outcomes, and the visits they make together."""

from __future__ import annotations

import codecs
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pandas as pd

from lab_utils.events.lines import FIELDS, SOMETIMES, Rule, Unusable, event_of
from lab_utils.events.problems import failure, in_words, most_frequent, no_events

RECOMMENDATION = "/recommend/"
"""Paths under this one ask a recommender for films."""


@dataclass(frozen=True)
class EventLog:
    """What one event log holds, and what in it could not be used.

    Attributes:
        path: the file it was read from.
        requests: one row per `request` event, in the order written.
        outcomes: one row per `outcome` event, in the order written.
        lines: how many lines the file has; each is in `requests`, `outcomes`, `unusable` or
            `unknown_events`.
        unusable: what is wrong with a line that is not a whole event (cut short, not JSON, a
            field missing or of no use), with the numbers (from 1) of the lines of which it is so.
        unknown_events: how often each kind of event occurred that this reader does not know.
    """

    path: Path
    requests: pd.DataFrame
    outcomes: pd.DataFrame
    lines: int
    unusable: Mapping[str, tuple[int, ...]]
    unknown_events: Mapping[str, int]

    @property
    def unusable_lines(self) -> int:
        """How many lines are not a whole event."""
        return sum(map(len, self.unusable.values()))

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
        return in_words(
            self.unusable,
            self.unknown_events,
            duplicate_outcomes=self.duplicate_outcomes,
            orphan_outcomes=self.orphan_outcomes,
            contradicting_outcomes=self.contradicting_outcomes,
        )

    def visits(self) -> pd.DataFrame:
        """One row per request for films, whether or not a recommender could answer it.

        Returns:
            Columns `request_id`, `timestamp` (UTC; NaT where unreadable), `user_id` (text),
            `variant` (the one the user belongs to), `failover` (the one whose backend stood in
            for it; None where it needed none), `latency_ms`, `status`, `outcome`. A failed
            request (status 400 or more) brought its user nothing: its outcome is 0, not missing,
            because dropping what failed after a variant was assigned would flatter the variant
            that fails. An answered request whose outcome was never reported has NaN.
        """
        asked = self.requests[self.requests["path"].str.startswith(RECOMMENDATION)]
        outcomes = self.outcomes.drop_duplicates("request_id").set_index("request_id")["outcome"]
        columns = ["request_id", "timestamp", "user_id", "variant", "failover"]
        visits = asked[[*columns, "latency_ms", "status"]]
        reported = visits["request_id"].map(outcomes).astype("float64")
        return visits.assign(
            timestamp=times_of(visits["timestamp"]),
            outcome=reported.mask(
                reported.isna() & (visits["status"] >= HTTPStatus.BAD_REQUEST), 0.0
            ),
        ).reset_index(drop=True)

    def failures(self) -> dict[str, int]:
        """Failed requests for films, as "status 502 from a" with how often."""
        visits = self.visits()
        failed = visits[visits["status"] >= HTTPStatus.BAD_REQUEST]
        names = [
            failure(status, None if pd.isna(variant) else variant)
            for status, variant in zip(failed["status"], failed["variant"], strict=True)
        ]
        return most_frequent(Counter(names), "another failure")


def read(path: Path) -> EventLog:
    """Read an event log, counting what is unusable or unknown instead of failing on it.

    Args:
        path: an `events.jsonl` written by the balancer.

    Raises:
        LabError: the file is missing, empty, or has not one event in it.
    """
    events: dict[str, list[dict[str, Any]]] = {kind: [] for kind in FIELDS}
    unknown: Counter[str] = Counter()
    unusable: defaultdict[str, list[int]] = defaultdict(list)
    lines = _lines(path)
    for number, line in enumerate(lines, start=1):
        try:
            event = event_of(line)
        except Unusable as why:
            unusable[str(why)].append(number)
            continue
        if (kind := event["event"]) in FIELDS:
            events[kind].append(event)
        else:
            unknown[kind] += 1
    if not any(events.values()):
        raise no_events(path, f"{path} has {len(lines):,} lines, and not one request or outcome")
    requests, outcomes = (
        _table(events[kind], {**FIELDS[kind], **SOMETIMES[kind]}) for kind in ("request", "outcome")
    )
    where = {what: tuple(numbers) for what, numbers in unusable.items()}
    return EventLog(Path(path), requests, outcomes, len(lines), where, dict(unknown))


def times_of(texts: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """Times in UTC; NaT where a text is none."""
    # "now" would be read as the time of reading, and "-2026" as a year that cannot be printed
    dated = texts.where(texts.str.match(r"\d{4}-\d\d-\d\d"))
    return pd.to_datetime(dated, utc=True, format="ISO8601", errors="coerce")


def _lines(path: Path) -> list[bytes]:
    try:
        lines = Path(path).read_bytes().removeprefix(codecs.BOM_UTF8).splitlines()
    except FileNotFoundError:
        raise no_events(path, f"there is no file {path}") from None
    if not lines:
        raise no_events(path, f"{path} is empty")
    return lines


def _table(events: list[dict[str, Any]], fields: Mapping[str, Rule]) -> pd.DataFrame:
    table = pd.DataFrame(events, columns=list(fields))
    return table.astype({name: rule.dtype for name, rule in fields.items()})
