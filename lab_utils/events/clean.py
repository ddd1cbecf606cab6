"""Sums per user in one pass, for a log that can be proved clean meanwhile.

Joining 10 million outcomes to their requests takes more time and memory than reading them. But
where every outcome names the user and the variant of its request, the join changes no sum. So a
pass over the file sums up, and collects what proves that nothing was lost on the way:

- the events in their plain form have as many bytes as the file: nothing else is in it, and every
  value was what it was taken for;
- of each user and variant, the requests that were answered and the outcomes reported have equally
  many identifiers with the same exclusive or of their 64-bit hashes: they are the same ones;
- no two requests have an identifier of the same hash.

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
_START = '{"event":"request","request_id":"'
_REQUEST_BYTES = len(
    f'{_START}","timestamp":"","user_id":"","variant":"","backend":"","method":"","path":"",'
    '"status":200,"latency_ms":}\n'
)
_OUTCOME_BYTES = len(
    '{"event":"outcome","request_id":"","timestamp":"","user_id":"","variant":"","outcome":0}\n'
)

# a request's latency has three decimals; null is two bytes longer than an empty text's quotes
_SCAN = """
CREATE TEMP TABLE groups AS
SELECT user_id, variant, count(film) AS visits, count(outcome) AS reported,
    sum(outcome) AS outcome, bit_xor(print) AS print, count(wrong) AS wrong, sum(bytes) AS bytes,
    count(*) AS lines, count(status) AS requests, list(latency_ms) FILTER (slow) AS latencies,
    list({{status: status, failover: failover}}) FILTER (odd) AS odd
FROM (
    SELECT *, latency_ms >= {low} AND film = 1 AS slow,
        film = 1 AND (status >= 400 OR failover IS NOT NULL) AS odd,
        CASE WHEN outcome IS NOT NULL OR film = 1 AND status < 400 THEN hash(request_id) END
            AS print
    FROM (
        SELECT *, CASE WHEN event = 'request' AND starts_with(path, '{under}') THEN 1 END AS film,
            CASE event
            WHEN 'request' THEN CASE WHEN status BETWEEN 100 AND 999
                AND latency_ms BETWEEN 0 AND 99999 AND request_id IS NOT NULL
                AND strlen(timestamp) BETWEEN 20 AND 27
                AND try_cast(timestamp AS TIMESTAMP) IS NOT NULL THEN NULL ELSE 1 END
            WHEN 'outcome' THEN CASE WHEN outcome IN (0, 1) THEN NULL ELSE 1 END
            ELSE 1 END AS wrong,
            strlen(request_id) + strlen(timestamp) + coalesce(strlen(user_id), 2)
            + coalesce(strlen(variant), 2) + CASE event
            WHEN 'outcome' THEN {outcome_bytes}
            ELSE {request_bytes} + coalesce(strlen(backend), 2) + strlen(method) + strlen(path)
                + CASE WHEN latency_ms < 10 THEN 5 WHEN latency_ms < 100 THEN 6
                    WHEN latency_ms < 1000 THEN 7 WHEN latency_ms < 10000 THEN 8 ELSE 9 END
                + coalesce(14 + strlen(failover), 0) + coalesce(18 + strlen(retried_from), 0)
                + coalesce(11 + strlen(error), 0)
            END AS bytes
        FROM {lines}
    )
)
GROUP BY user_id, variant
"""

_PROOF = """
SELECT coalesce(sum(wrong), 0), sum(bytes), sum(lines), sum(requests), sum(visits),
    count(*) FILTER (
        print IS NOT NULL AND print <> 0
        OR reported <> visits - len(list_filter(coalesce(odd, []), lambda x: x.status >= 400))
    ),
    count(*) FILTER (user_id IS NOT NULL) - count(DISTINCT user_id)
FROM groups
"""

_SUMS = """
CREATE TEMP TABLE sums AS
SELECT user_id, variant, false AS silent, visits, 0 AS first,
    len(list_filter(odd, lambda x: x.status >= 500 OR x.failover IS NOT NULL)) AS away,
    len(list_filter(odd, lambda x: x.failover IS NOT NULL)) AS stood_in, visits - reported AS error,
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
SELECT odd.status, variant, count(*)
FROM (SELECT variant, unnest(odd) AS odd FROM groups) WHERE odd.status >= 400 GROUP BY ALL
"""


def summed(connection: DuckDBPyConnection, path: Path, low: float) -> int | None:
    """Leave tables `groups` and `sums` in the database, if the log is clean.

    Args:
        connection: a database whose rows need not keep their order.
        path: the log.
        low: latencies from here up are listed, ms.

    Returns:
        How many lines the log has; None if it cannot be proved clean.
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
    except duckdb.InvalidInputException:  # a line that is no JSON, or does not fit the columns
        return None
    ((wrong, size, count, requests, visits, unmatched, mixed),) = connection.execute(
        _PROOF
    ).fetchall()
    if wrong or unmatched or mixed or not visits or size != _size(path):
        return None
    if not _distinct(connection, path, requests):
        return None
    connection.execute(_SUMS.format(whole=low == 0))
    return int(count)


def failures(connection: DuckDBPyConnection) -> list[tuple[int, str | None, int]]:
    """Status, variant and number of the requests for films that failed."""
    return connection.execute(_FAILURES).fetchall()


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


def _distinct(connection: DuckDBPyConnection, path: Path, requests: int) -> bool:
    """Whether no two requests have an identifier of the same hash.

    The lines are known to be plain by now, so that no JSON has to be parsed again.
    """
    query = r"""
    SELECT hash(split_part(substring(line, $after), '"', 1)) AS print
    FROM read_csv($path, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false,
        delim = '\x01', quote = '', escape = '')
    WHERE starts_with(line, $start)
    """.replace(r"\x01", "\x01")
    asked = {"path": str(path), "start": _START, "after": len(_START) + 1}
    prints = np.asarray(connection.execute(query, asked).fetchnumpy()["print"])
    prints.sort()
    return prints.size == requests and not (prints[1:] == prints[:-1]).any()
