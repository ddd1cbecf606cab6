"""Sums per user in one pass, for a log that can be proved clean meanwhile.

Joining 10 million outcomes to their requests takes more time and memory than reading them. But
where every outcome names the user and the variant of its request, the join changes no sum. So a
pass over the file sums up, and collects what proves that nothing was lost on the way:

- the events in their plain form have as many bytes as the file: nothing else is in it, and every
  value was what it was taken for;
- of each user and variant, the requests that were answered and the outcomes reported have equally
  many identifiers with the same exclusive or of their 64-bit hashes: they are the same ones;
- no two requests have the same identifier. The balancer's are numbers behind a prefix, which the
  same pass lists by user: as many bits are set in a row of bits as there are requests, or one came
  twice. Identifiers of another form take a second pass: no two may have the same hash.

Whether the log is in the order of its times is not looked at: no sum depends on it.

A log that fails one of these is not faulty: it is read again, by `exact`. A faulty log passes with
a probability of about 2^-64 a user.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lab_utils.events.database import lines_of
from lab_utils.events.exact import Failures
from lab_utils.events.log import RECOMMENDATION

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

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

MOST_BITS = 1 << 28
"""The longest row of bits, one for each number that an identifier may end with: 32 MB a thread."""

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
    {numbers} AS numbers, sum(outcome) AS outcome, count(*) AS lines, sum(bytes) AS bytes,
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

# NULL where an identifier does not end like the first, which a row of bits has no place for.
_NUMBERS = """list(CASE WHEN status IS NOT NULL
    THEN try_cast(substring(request_id, {after}) AS UINTEGER) END)
    FILTER (status IS NOT NULL)"""

_RANGE = "SELECT min(list_min(numbers)), max(list_max(numbers)) FROM groups"

_DIFFERENT = """
SELECT bit_count(bitstring_agg(number, {lowest}::UINTEGER, {highest}::UINTEGER))
FROM (SELECT unnest(numbers) AS number FROM groups)
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
CREATE TEMP TABLE sums AS
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


def summed(
    connection: DuckDBPyConnection, path: Path, low: float
) -> tuple[int, list[Failures]] | None:
    """Leave a table `sums` in the database, if the log is clean.

    Args:
        connection: a database whose rows need not keep their order.
        path: the log.
        low: latencies from here up are listed, ms.

    Returns:
        How many lines the log has, and its failed requests; None if it cannot be proved clean.
    """
    import duckdb

    lines = lines_of(path, _COLUMNS, longest=1 << 20)
    scan = _SCAN.format(
        lines=lines,
        low=low,
        numbers=_NUMBERS.format(after=_characters_before_number(path) + 1),
        under=RECOMMENDATION,
        request_bytes=_REQUEST_BYTES,
        outcome_bytes=_OUTCOME_BYTES,
    )
    try:
        connection.execute(scan)
    except (duckdb.InvalidInputException, duckdb.OutOfMemoryException):
        # a line that is no JSON or does not fit the columns; more users than memory has room for
        return None
    ((size, count, reported, visits, unmatched, mixed),) = connection.execute(_PROOF).fetchall()
    if size != _size(path) or unmatched or mixed or not visits:
        return None
    requests = count - reported
    if requests != _different_numbers(connection) and requests != _different_hashes(
        connection, path
    ):
        return None
    connection.execute(_SUMS.format(whole=low == 0))
    failures: list[Failures] = connection.execute(_FAILURES).fetchall()
    connection.execute("DROP TABLE groups")
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


def _different_numbers(connection: DuckDBPyConnection) -> int | None:
    """How many numbers the requests' identifiers end with; None if they are too far apart."""
    lowest, highest = connection.execute(_RANGE).fetchall()[0]
    if lowest is None or highest - lowest > MOST_BITS:
        return None
    query = _DIFFERENT.format(lowest=lowest, highest=highest)
    ((different,),) = connection.execute(query).fetchall()
    return int(different)


def _different_hashes(connection: DuckDBPyConnection, path: Path) -> int | None:
    """How many requests there are; None if two of them have an identifier of the same hash.

    Looks at lines of the balancer's form alone, so that no JSON has to be parsed for it. Whether
    there are others is seen by the sums.
    """
    import duckdb

    query = """
    SELECT hash(substring(rest, 1, instr(rest, '"') - 1)) AS print
    FROM (
        SELECT substring(line, $after) AS rest
        FROM read_csv($path, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false,
            delim = '\x01', quote = '', escape = '', buffer_size = 8388608)
        WHERE starts_with(line, $start)
    )
    """
    asked = {"path": str(path), "start": _START, "after": len(_START) + 1}
    prints = np.empty(path.stat().st_size // _REQUEST_BYTES + 1, dtype=np.uint64)
    seen = 0
    try:
        found = connection.execute(query, asked)
        # piece by piece: the whole would be held twice
        while (piece := found.fetch_df_chunk(_VECTORS)["print"].to_numpy()).size:
            prints[seen : seen + piece.size] = piece
            seen += piece.size
    except duckdb.InvalidInputException:  # a line that is no text, or too long
        return None
    prints = prints[:seen]
    prints.sort()
    return None if (prints[1:] == prints[:-1]).any() else seen
