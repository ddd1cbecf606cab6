"""Lines in the form the balancer writes them, which DuckDB may read by itself.

DuckDB is laxer than `lines.event_of`: to it `"200"` is a status, and NaN a number. So it is shown
only lines that leave no room for that. Others pass by our own rules first.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from lab_utils.events.lines import FIELDS, Unusable, event_of
from lab_utils.events.log import times_of
from lab_utils.events.problems import no_events

_TEXT = r'"[ !#-\[\]-~]*"'
_MAYBE = rf"(?:{_TEXT}|null)"
_TIME = r'"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z"'
_NUMBER = r"(?:0|[1-9]\d{0,8})(?:\.\d{1,15})?"
_WHO = rf'"request_id":{_TEXT},"timestamp":{_TIME},"user_id":{_MAYBE},"variant":{_MAYBE}'
_REQUEST = (
    rf'"request",{_WHO},"backend":{_MAYBE},"method":{_TEXT},"path":{_TEXT},'
    rf'"status":[1-9]\d\d,"latency_ms":{_NUMBER}(?:,"failover":{_TEXT})?'
    rf'(?:,"retried_from":{_TEXT})?(?:,"error":{_TEXT})?'
)
_OUTCOME = rf'"outcome",{_WHO},"outcome":-?{_NUMBER}'
REGULAR = re.compile(rf'\{{"event":(?:{_REQUEST}|{_OUTCOME})\}}'.encode())
"""A line as the balancer writes it: printable ASCII, the keys in order, nothing escaped."""

READ = {
    "request": (
        *("request_id", "timestamp", "user_id", "variant", "path"),
        *("status", "latency_ms", "failover"),
    ),
    "outcome": ("request_id", "timestamp", "user_id", "variant", "outcome"),
}
"""What sums are made of."""


@dataclass(frozen=True)
class Lines:
    """What the lines of a log were, one by one.

    Attributes:
        lines: how many there are.
        unusable: what is wrong with a line that is no event, with the lines' numbers from 1.
        unknown_events: how often each kind occurred that this reader does not know.
    """

    lines: int
    unusable: Mapping[str, tuple[int, ...]]
    unknown_events: Mapping[str, int]


def copy_usable(path: Path, to: BinaryIO) -> Lines:
    """Write every usable event of a log to `to`, all of them regular, in the order of the log.

    Raises:
        LabError: the file is missing, empty, or has not one event in it.
    """
    unusable: defaultdict[str, list[int]] = defaultdict(list)
    unknown: Counter[str] = Counter()
    number = usable = 0
    for number, line in enumerate(_lines(path), start=1):
        if not REGULAR.fullmatch(line):
            try:
                event = event_of(line)
            except Unusable as why:
                unusable[str(why)].append(number)
                continue
            if event["event"] not in FIELDS:
                unknown[event["event"]] += 1
                continue
            line = _regular(event)
        usable += 1
        to.write(line + b"\n")
    if not number:
        raise no_events(path, f"{path} is empty")
    if not usable:
        raise no_events(path, f"{path} has {number:,} lines, and not one request or outcome")
    where = {what: tuple(numbers) for what, numbers in unusable.items()}
    return Lines(number, where, dict(unknown))


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with Path(path).open("rb") as file:
            first = True
            for raw in file:
                line = raw.removeprefix(codecs.BOM_UTF8) if first else raw
                first = False
                yield from line.splitlines()
    except FileNotFoundError:
        raise no_events(path, f"there is no file {path}") from None


def _regular(event: dict[str, Any]) -> bytes:
    fields = {name: event[name] for name in READ[event["event"]] if name in event}
    (at,) = times_of(pd.Series([event["timestamp"]], dtype="str"))
    fields["timestamp"] = "" if pd.isna(at) else at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return json.dumps({"event": event["event"], **fields}).encode()
