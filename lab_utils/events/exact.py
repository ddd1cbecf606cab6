"""Sums per user by joining every outcome to its request, whatever is wrong with them.

The rules are those of `EventLog`: the first outcome of a request counts, one without a request
does not, and a request that failed has outcome 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab_utils.events.log import RECOMMENDATION

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_EVENTS = """
CREATE TABLE events AS
SELECT row_number() OVER () AS line, *, try_cast(timestamp AS TIMESTAMP) AS time
FROM {lines};

CREATE TABLE answers AS
SELECT request_id, arg_min(outcome, line) AS outcome, count(*) AS reported
FROM events WHERE event = 'outcome' GROUP BY request_id;

CREATE TABLE asked AS
SELECT request_id, arg_min_null(variant, line) AS variant
FROM events WHERE event = 'request' GROUP BY request_id;
"""

# where one time is unreadable there is no order but the file's
_VISITS = """
CREATE TABLE all_visits AS
WITH asked_for_films AS (
    SELECT *, count(*) OVER () > count(time) OVER () AS undated
    FROM events WHERE event = 'request' AND starts_with(path, '{under}')
)
SELECT *, row_number() OVER (ORDER BY CASE WHEN NOT undated THEN time END, line) AS place
FROM asked_for_films;

CREATE TABLE visits AS
SELECT v.user_id, v.variant, v.place, v.latency_ms, v.status >= 400 AS failed,
    v.status >= 500 OR v.failover IS NOT NULL AS away, v.failover IS NOT NULL AS stood_in,
    coalesce(a.outcome, CASE WHEN v.status >= 400 THEN 0 END) AS outcome
FROM (
    FROM all_visits QUALIFY row_number() OVER (PARTITION BY request_id ORDER BY place) = 1
) v LEFT JOIN answers a USING (request_id);
"""

_SUMS = """
CREATE TABLE sums AS
SELECT user_id, variant, outcome IS NULL AS silent, count(*) AS visits, min(place) AS first,
    count(*) FILTER (away) AS away, count(*) FILTER (stood_in) AS stood_in,
    count(*) FILTER (failed) AS error,
    coalesce(sum(outcome), 0) AS outcome, min(outcome) AS outcome_low,
    max(outcome) AS outcome_high,
    count(*) FILTER (outcome NOT IN (0, 1)) AS outcome_not_binary,
    min(outcome) FILTER (outcome NOT IN (0, 1)) AS outcome_not_binary_low,
    sum(latency_ms) AS latency_ms, min(latency_ms) AS latency_ms_low,
    max(latency_ms) AS latency_ms_high,
    count(*) AS listed, list(latency_ms) AS latencies
FROM visits GROUP BY ALL;
"""

_COUNTS = """
SELECT
    (SELECT coalesce(sum(reported - 1), 0)::BIGINT FROM answers),
    (SELECT count(*) FROM all_visits) - (SELECT count(*) FROM visits),
    (SELECT count(*) FROM all_visits WHERE time IS NULL),
    (SELECT count(*) FROM (
        SELECT time < lag(time) OVER (ORDER BY line) AS back FROM all_visits
    ) WHERE back)
"""

_JOINED = """
SELECT count(*) FILTER (a.request_id IS NULL),
    count(*) FILTER (a.request_id IS NOT NULL AND a.variant IS DISTINCT FROM o.variant)
FROM (FROM events WHERE event = 'outcome') o LEFT JOIN asked a USING (request_id)
"""

_FAILURES = """
SELECT status, variant, count(*) FROM all_visits WHERE status >= 400 GROUP BY ALL
ORDER BY min(line)
"""


Failures = tuple[int, str | None, int]
"""Status, variant and number of requests that failed."""


@dataclass(frozen=True)
class Found:
    """What of a log's events does not fit together.

    Attributes:
        duplicate_outcomes: outcomes beyond the first of their request.
        orphan_outcomes: outcomes whose request is not in the log.
        contradicting_outcomes: outcomes that name another variant than their request.
        duplicates: visits that repeat an earlier request.
        unreadable_times: visits whose time cannot be read.
        disordered: whether visits are not in the order of their times.
    """

    duplicate_outcomes: int = 0
    orphan_outcomes: int = 0
    contradicting_outcomes: int = 0
    duplicates: int = 0
    unreadable_times: int = 0
    disordered: bool = False


def summed(connection: DuckDBPyConnection, lines: str) -> Found:
    """Leave a table `sums` in the database, and say what did not fit.

    Args:
        connection: a database whose rows keep their order.
        lines: the SQL of a table of regular events.
    """
    connection.execute(_EVENTS.format(lines=lines))
    connection.execute(_VISITS.format(under=RECOMMENDATION))
    connection.execute(_SUMS)
    orphans, contradicting = connection.execute(_JOINED).fetchall()[0]
    again, duplicates, unreadable, back = connection.execute(_COUNTS).fetchall()[0]
    return Found(again, orphans, contradicting, duplicates, unreadable, bool(back))


def failures(connection: DuckDBPyConnection) -> list[Failures]:
    """Status, variant and number of the requests for films that failed."""
    return connection.execute(_FAILURES).fetchall()
