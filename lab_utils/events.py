"""The event log, read: the only module that knows its lines.

The balancer writes one JSON object a line, a `request` for every request it answered and an
`outcome` for every outcome reported to it; the two join on `request_id`. Reading never fails
on a bad line: what could not be used is counted, so that a report can say how much is missing.
"""

from __future__ import annotations

import codecs
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

import pandas as pd

from lab_utils.errors import LabError

RECOMMENDATION = "/recommend/"
"""Paths under this one ask a recommender for films."""


MOST = 1_000_000_000
"""The largest number believed: eleven days, as a latency."""

SHOWN = 5
"""How many line numbers or names a sentence lists before it only counts."""


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


class _Unusable(Exception):
    """A line that is no event; its text says why."""


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
        kinds = {f"event of the unknown kind {k[:40]!r}": n for k, n in self.unknown_events.items()}
        found = {
            **{
                f"line that is {what} ({_where(numbers)})": len(numbers)
                for what, numbers in self.unusable.items()
            },
            "outcome reported again (the first counts)": self.duplicate_outcomes,
            "outcome without a request": self.orphan_outcomes,
            "outcome naming another variant than its request": self.contradicting_outcomes,
            **_most_frequent(kinds, "event of yet another unknown kind"),
        }
        return {what: count for what, count in found.items() if count}

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
        # "now" would be read as the time of reading, and "-2026" as a year that cannot be printed
        dated = visits["timestamp"].where(visits["timestamp"].str.match(r"\d{4}-\d\d-\d\d"))
        return visits.assign(
            timestamp=pd.to_datetime(dated, utc=True, format="ISO8601", errors="coerce"),
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
            + failed["variant"].fillna("no variant").str[:40]
        )
        counts = {str(name): int(count) for name, count in named.value_counts().items()}
        return _most_frequent(counts, "another failure")


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
            event = _event(line)
        except _Unusable as why:
            unusable[str(why)].append(number)
            continue
        if (kind := event["event"]) in FIELDS:
            events[kind].append(event)
        else:
            unknown[kind] += 1
    if not any(events.values()):
        raise _no_events(path, f"{path} has {len(lines):,} lines, and not one request or outcome")
    requests, outcomes = (
        _table(events[kind], {**FIELDS[kind], **SOMETIMES[kind]}) for kind in ("request", "outcome")
    )
    where = {what: tuple(numbers) for what, numbers in unusable.items()}
    return EventLog(Path(path), requests, outcomes, len(lines), where, dict(unknown))


def _lines(path: Path) -> list[bytes]:
    try:
        lines = Path(path).read_bytes().removeprefix(codecs.BOM_UTF8).splitlines()
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


def _event(line: bytes) -> dict[str, Any]:
    """The event on a line, its fields checked if its kind is known."""
    event = _parsed(line)
    if not (isinstance(event, dict) and _is_text(event.get("event"))):
        raise _Unusable("no object with the name of an event")
    kind = event["event"]
    sometimes = SOMETIMES.get(kind, {})
    for field, rule in {**FIELDS.get(kind, {}), **sometimes}.items():
        article = "an" if kind == "outcome" else "a"
        if field not in event:
            if field in sometimes:
                continue
            raise _Unusable(f"{article} {kind} without {field}")
        if not rule.fits(event[field]):
            raise _Unusable(f"{article} {kind} whose {field} is not {rule.may_be}")
    return event


def _parsed(line: bytes) -> object:
    if not line.strip():
        raise _Unusable("empty")
    try:
        return json.loads(line.decode(), parse_constant=_no_json)
    except UnicodeDecodeError:
        raise _Unusable("not UTF-8 text") from None
    except (ValueError, RecursionError):  # cut short, or nested beyond reason
        raise _Unusable("not JSON, as if cut short") from None


def _no_json(constant: str) -> NoReturn:
    """Python reads NaN and Infinity, which JSON does not know."""
    raise ValueError(constant)


def _where(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - SHOWN:,} more" * (len(numbers) > SHOWN)
    return f"line {', '.join(map(str, numbers[:SHOWN]))}{more}"


def _most_frequent(counts: Mapping[str, int], others: str) -> dict[str, int]:
    """The most frequent few, and all the others as one: a report is read by people."""
    most = dict(Counter(counts).most_common(SHOWN))
    rest = sum(counts.values()) - sum(most.values())
    return {**most, **({others: rest} if rest else {})}


def _table(events: list[dict[str, Any]], fields: Mapping[str, Rule]) -> pd.DataFrame:
    table = pd.DataFrame(events, columns=list(fields))
    return table.astype({name: rule.dtype for name, rule in fields.items()})
