"""Sums per user without a join, for a log that can be proved clean meanwhile.

Joining 10 million outcomes to their requests takes more time and memory than reading them. But
where every outcome names the user and the variant of its request, the join changes no sum. So a
pass over the file sums up, and collects what proves that nothing was lost on the way:

- the events in their plain form have as many bytes as the file: nothing else is in it, and every
  value was what it was taken for;
- of each user and variant, the requests that were answered and the outcomes reported have equally
  many identifiers with the same exclusive or of their 64-bit hashes: they are the same ones;
- no two requests have the same identifier. A second pass sees to that, which parses no JSON, and so
  takes a third of the time: it marks the number that each ends with, and none may be marked
  already. Where balancers started one after the other have used the same numbers, or identifiers
  have another form, a third pass compares the hashes of all. (Lists of numbers by user would save
  the second pass, and take more memory than DuckDB is allowed.)

Whether the log is in the order of its times is not looked at: no sum depends on it.

A log that fails one of these is not faulty: it is read again, by `exact`. A faulty log passes with
a probability of about 2^-64 a user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lab_utils.events.database import lines_of
from lab_utils.events.exact import Failures
from lab_utils.events.log import RECOMMENDATION

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

SAMPLES = 64
"""Places in the file where latencies are looked at beforehand."""

SAMPLE_BYTES = 32_768

_COLUMNS = {
    **dict.fromkeys(("event", "request_id", "timestamp", "user_id", "variant"), "VARCHAR"),
    **dict.fromkeys(("backend", "method", "path"), "VARCHAR"),
    **dict.fromkeys(("failover", "retried_from", "error"), "VARCHAR"),
    "status": "SMALLINT",
    "latency_ms": "DOUBLE",
    "outcome": "DOUBLE",
}
_IDENTIFIER = rb'\{"event":"\w+","request_id":"([^"\\]*?)[0-9]*"'

MOST_NUMBERS = 1 << 27
"""Greater numbers are not marked; each that is takes a byte of memory."""

_NONE = (1 << 32) - 1
"""Stands for no number."""

_VECTORS = 100
"""How many of DuckDB's vectors, of 2,048 rows each, are fetched at once."""

_START = '{"event":"request","request_id":"'
_REQUEST_BYTES = len(
    f'{_START}","timestamp":"","user_id":"","variant":"","backend":"","method":"","path":"",'
    '"status":200,"latency_ms":}\n'
)
_OUTCOME_BYTES = len(
    '{"event":"outcome","request_id":"","timestamp":"","user_id":"","variant":"","outcome":0}\n'
)

# A request's latency has three decimals; null is two bytes longer than an empty text's quotes.
# What breaks a rule counts for more bytes than any file has.
_SCAN = """
CREATE TEMP TABLE groups AS
SELECT user_id, variant, count_if(film) AS visits, count(outcome) AS reported,
    sum(outcome) AS outcome, count(*) AS lines, sum(bytes) AS bytes,
    bit_xor(CASE WHEN outcome IS NOT NULL OR film AND status < 400 THEN hash(request_id) END)
        AS print,
    list(latency_ms) FILTER (film AND latency_ms >= {low}) AS latencies,
    list(CASE WHEN failover IS NULL THEN status ELSE -status END)
        FILTER (film AND (status >= 400 OR failover IS NOT NULL)) AS odd
FROM (
    SELECT *, starts_with(path, '{under}') AS film, strlen(request_id) + strlen(timestamp)
        + coalesce(strlen(user_id), 2) + coalesce(strlen(variant), 2) + CASE
        WHEN event = 'outcome' AND outcome IN (0, 1) THEN {outcome_bytes}
        WHEN event = 'request' AND status BETWEEN 100 AND 999 AND latency_ms BETWEEN 0 AND 99999
            AND strlen(timestamp) BETWEEN 20 AND 27
            AND try_cast(timestamp AS TIMESTAMP) IS NOT NULL
        THEN {request_bytes} + coalesce(strlen(backend), 2) + strlen(method) + strlen(path)
            + CASE WHEN latency_ms < 10 THEN 5 WHEN latency_ms < 100 THEN 6
                WHEN latency_ms < 1000 THEN 7 WHEN latency_ms < 10000 THEN 8 ELSE 9 END
            + coalesce(14 + strlen(failover), 0) + coalesce(18 + strlen(retried_from), 0)
            + coalesce(11 + strlen(error), 0)
        ELSE 1000000000000 END AS bytes
    FROM {lines}
)
GROUP BY user_id, variant
"""

_PROOF = """
SELECT sum(bytes), sum(lines), sum(reported), sum(visits),
    count(*) FILTER (
        coalesce(print, 0) <> 0
        OR reported <> visits - len(list_filter(coalesce(odd, []), lambda s: abs(s) >= 400))
    ),
    count(*) FILTER (user_id IS NOT NULL) - count(DISTINCT user_id)
FROM groups
"""

_SUMS = """
CREATE TEMP VIEW sums AS
SELECT user_id, variant, false AS silent, visits, 0 AS first,
    len(list_filter(odd, lambda s: s < 0 OR s >= 500)) AS away,
    len(list_filter(odd, lambda s: s < 0)) AS stood_in, visits - reported AS error,
    coalesce(outcome, 0) AS outcome,
    CASE WHEN outcome = visits THEN 1.0 ELSE 0.0 END AS outcome_low,
    CASE WHEN outcome > 0 THEN 1.0 ELSE 0.0 END AS outcome_high,
    0 AS outcome_not_binary, NULL::DOUBLE AS outcome_not_binary_low,
    coalesce(len(latencies), 0) AS listed, latencies,
    CASE WHEN {whole} THEN list_sum(latencies) END AS latency_ms,
    CASE WHEN {whole} THEN list_min(latencies) END AS latency_ms_low,
    CASE WHEN {whole} THEN list_max(latencies) END AS latency_ms_high
FROM (SELECT * REPLACE (coalesce(odd, []) AS odd) FROM groups) WHERE visits > 0
"""

_FAILURES = """
SELECT abs(status), variant, count(*)
FROM (SELECT variant, unnest(odd) AS status FROM groups) WHERE abs(status) >= 400 GROUP BY ALL
"""


_REQUESTS = """
SELECT {what} AS found
FROM (
    SELECT substring(line, $after) AS rest
    FROM read_csv($path, columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = false,
        delim = '\x01', quote = '', escape = '', buffer_size = 8388608)
    WHERE starts_with(line, $start)
)
"""


def summed(
    connection: DuckDBPyConnection, path: Path, low: float
) -> tuple[int, list[Failures]] | None:
    """Leave a view `sums` in the database, if the log is clean.

    Args:
        connection: a database whose rows need not keep their order.
        path: the log.
        low: latencies from here up are listed, ms.

    Returns:
        How many lines the log has, and its failed requests; None if it cannot be proved clean.

    Raises:
        duckdb.OutOfMemoryException: there are more users than the database's memory has room for.
    """
    import duckdb

    lines = lines_of(path, _COLUMNS, longest=1 << 20)
    scan = _SCAN.format(
        lines=lines,
        low=low,
        under=RECOMMENDATION,
        request_bytes=_REQUEST_BYTES,
        outcome_bytes=_OUTCOME_BYTES,
    )
    try:
        connection.execute(scan)
    except duckdb.InvalidInputException:  # a line that is no JSON or does not fit the columns
        return None
    ((size, count, reported, visits, unmatched, mixed),) = connection.execute(_PROOF).fetchall()
    if size != _size(path) or unmatched or mixed or not visits:
        return None
    requests = count - reported
    if requests != _different_numbers(connection, path) and requests != _different_hashes(
        connection, path
    ):
        return None
    connection.execute(_SUMS.format(whole=low == 0))
    failures: list[Failures] = connection.execute(_FAILURES).fetchall()
    return int(count), failures


def slow_from(path: Path, quantile: float) -> float:
    """A latency that is surely below the quantile, in ms, from samples of the file.

    Of all visits twice as many are slower than of the quantile's, so that there is room for what
    the samples do not show.
    """
    size = path.stat().st_size
    seen: list[float] = []
    with path.open("rb") as file:
        for place in np.linspace(0, max(0, size - SAMPLE_BYTES), SAMPLES):
            file.seek(int(place))
            found = re.findall(rb'"latency_ms":([0-9.]{1,15})', file.read(SAMPLE_BYTES))
            seen += map(float, found)
    return float(np.quantile(seen, max(0.0, 1 - 2 * (1 - quantile)))) if seen else 0.0


def _size(path: Path) -> int:
    """Bytes of the file, with the newline that its last line may lack."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(size - 1)
        return size + (file.read() != b"\n")


def _characters_before_number(path: Path) -> int:
    """How many characters of the first request's identifier are not the number at its end."""
    with path.open("rb") as file:
        found = re.match(_IDENTIFIER, file.readline(1024))
    return len(found[1].decode(errors="replace")) if found else 0


def _different_numbers(connection: DuckDBPyConnection, path: Path) -> int | None:
    """How many requests there are, if their identifiers end with as many numbers; or None."""
    after = _characters_before_number(path)
    number = f"substring(rest, {after + 1}, instr(rest, '\"') - {after + 1})"
    marked = np.zeros(MOST_NUMBERS, dtype=bool)
    seen = 0
    for piece in _of_each_request(
        connection, path, f"coalesce(try_cast({number} AS UINTEGER), {_NONE})"
    ):
        if piece.max() >= MOST_NUMBERS or marked[piece].any():
            return None
        marked[piece] = True
        seen += piece.size
    return seen if np.count_nonzero(marked) == seen else None


def _different_hashes(connection: DuckDBPyConnection, path: Path) -> int | None:
    """How many requests there are; None if two of them have an identifier of the same hash."""
    prints = np.empty(path.stat().st_size // _REQUEST_BYTES + 1, dtype=np.uint64)
    seen = 0
    for piece in _of_each_request(
        connection, path, "hash(substring(rest, 1, instr(rest, '\"') - 1))"
    ):
        prints[seen : seen + piece.size] = piece
        seen += piece.size
    prints = prints[:seen]
    prints.sort()
    return None if (prints[1:] == prints[:-1]).any() else seen


def _of_each_request(
    connection: DuckDBPyConnection, path: Path, what: str
) -> Iterator[NDArray[np.unsignedinteger[Any]]]:
    """An expression of `rest`, a line from its identifier on, for all requests, in pieces.

    Looks at lines of the balancer's form alone, so that no JSON has to be parsed for it. Whether
    there are others is seen by the sums. Ends early at a line that is no text, or too long.
    """
    import duckdb

    asked = {"path": str(path), "start": _START, "after": len(_START) + 1}
    try:
        found = connection.execute(_REQUESTS.format(what=what), asked)
        # piece by piece: the whole would be held twice
        while (piece := found.fetch_df_chunk(_VECTORS)["found"].to_numpy()).size:
            yield piece
    except duckdb.InvalidInputException:
        return
