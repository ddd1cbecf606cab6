"""A log of any size, as sums per user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from lab_utils.events import clean, exact
from lab_utils.events.database import MEMORY, lines_of, opened
from lab_utils.events.exact import Failures, Found
from lab_utils.events.problems import failure, in_words, most_frequent
from lab_utils.events.regular import Lines, copy_usable
from lab_utils.experiment.per_user import NOBODY, PerUser
from lab_utils.experiment.tail import MOST_TO_RESAMPLE

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MORE_MEMORY = 2_000
"""What DuckDB may use where `MEMORY` was too little, in MB: joining takes ten times as long."""

LARGE = 1 << 26
"""Bytes from which a log's latencies are not all kept."""

NOTHING = Found()
"""What a clean log has of all that does not fit."""


@dataclass(frozen=True)
class SummedLog:
    """What one event log comes to, and what in it could not be used.

    Attributes:
        path: the file it was read from.
        visits: every request for films, summed up by user; what `Experiment.analyze` takes.
        lines: how many lines the file has.
        unusable: what is wrong with a line that is not a whole event, with the lines' numbers.
        unknown_events: how often each kind of event occurred that this reader does not know.
        duplicate_outcomes: outcomes beyond the first of their request, which counts.
        orphan_outcomes: outcomes whose request is not in the log.
        contradicting_outcomes: outcomes that name another variant than their request.
        failed: failed requests for films, as "status 502 from a" with how often.
    """

    path: Path
    visits: PerUser
    lines: int
    unusable: Mapping[str, tuple[int, ...]]
    unknown_events: Mapping[str, int]
    duplicate_outcomes: int
    orphan_outcomes: int
    contradicting_outcomes: int
    failed: Mapping[str, int]

    @property
    def unusable_lines(self) -> int:
        """How many lines are not a whole event."""
        return sum(map(len, self.unusable.values()))

    def problems(self) -> dict[str, int]:
        """Everything that could not be used, in words, with how often; empty for a clean log."""
        return in_words(self)

    def failures(self) -> dict[str, int]:
        """Failed requests for films, as "status 502 from a" with how often."""
        return most_frequent(self.failed, "another failure")


def per_user(path: Path, quantile: float = 0.95) -> SummedLog:
    """Read an event log of any size into sums per user, by the rules of `events.read`.

    A clean log is only read (see `clean`); another is copied without what cannot be used, and
    joined on the disk (see `exact`), which takes several times as long.

    >>> log = per_user(path)  # doctest: +SKIP
    >>> experiment.analyze(log.visits).decision()  # doctest: +SKIP

    Args:
        path: an `events.jsonl` written by the balancer.
        quantile: the lowest quantile of latency that will be asked for. Of a large clean log only
            the latencies around it and above are kept, and no sums of them; 0 keeps all.

    Raises:
        LabError: the file is missing, empty, or has not one event in it.
    """
    path = Path(path)
    return without_joining(path, quantile) or by_joining(path)


def without_joining(path: Path, quantile: float) -> SummedLog | None:
    """As `per_user`, for a clean log; None for another one, or if its users fit into no memory."""
    import duckdb

    if not path.exists() or not (size := path.stat().st_size):
        return None
    whole = size < LARGE or not quantile
    low = 0.0 if whole else clean.slow_from(path, quantile)
    for memory in _memories():
        with suppress(duckdb.OutOfMemoryException):
            return _if_clean(path, low, whole=whole, memory=memory)
    return None


def _if_clean(path: Path, low: float, *, whole: bool, memory: int) -> SummedLog | None:
    with opened(in_order=False, memory=memory) as (connection, _):
        found = clean.summed(connection, path, low)
        if found is None:
            return None
        lines, failures = found
        visits = _collected(connection, NOTHING)
        if not whole and visits.visits <= MOST_TO_RESAMPLE:
            return None
        return _log(path, Lines(lines, {}, {}), NOTHING, failures, visits)


def _memories() -> Iterator[int]:
    """What DuckDB may use at first, and up to half of what is free if that was not enough; MB."""
    yield MEMORY
    half = psutil.virtual_memory().available // 2_000_000
    if half > MEMORY:
        yield min(half, MORE_MEMORY)


def by_joining(path: Path) -> SummedLog:
    """As `per_user`, whatever is in the log."""
    with opened(in_order=True) as (connection, folder):
        usable = folder / "usable.jsonl"
        with usable.open("wb") as file:
            lines = copy_usable(path, file)
        found = exact.summed(connection, lines_of(usable))
        visits = _collected(connection, found)
        return _log(path, lines, found, exact.failures(connection), visits)


def _log(
    path: Path,
    lines: Lines,
    found: Found,
    failures: Sequence[Failures],
    visits: PerUser,
) -> SummedLog:
    failed: Counter[str] = Counter()
    for status, variant, count in failures:
        failed[failure(status, variant)] += count
    return SummedLog(
        path=path,
        visits=visits,
        lines=lines.lines,
        unusable=lines.unusable,
        unknown_events=lines.unknown_events,
        duplicate_outcomes=found.duplicate_outcomes,
        orphan_outcomes=found.orphan_outcomes,
        contradicting_outcomes=found.contradicting_outcomes,
        failed=failed,
    )


_TABLE = """
SELECT CASE WHEN user_id IS NULL THEN $nobody
        ELSE dense_rank() OVER (ORDER BY user_id NULLS LAST) - 1 END AS user,
    * EXCLUDE (user_id, latencies)
FROM sums ORDER BY user_id NULLS FIRST, variant NULLS FIRST, silent
"""
_LATENCIES = """
SELECT unnest(latencies) AS ms FROM sums ORDER BY user_id NULLS FIRST, variant NULLS FIRST, silent
"""


def _collected(connection: DuckDBPyConnection, found: Found) -> PerUser:
    table = connection.execute(_TABLE, {"nobody": NOBODY}).df()
    latencies = connection.execute(_LATENCIES).fetchnumpy()["ms"]
    return PerUser(
        table,
        np.asarray(latencies, dtype=float),
        found.duplicates,
        found.unreadable_times,
        found.disordered,
    )
