"""An event log of any size, in the balancer's own form, the same for the same seed.

Users have a rate of their own (exponential, 12 % on average), so that their visits resemble each
other; three in ten belong to b; two in a thousand requests fail. Written by DuckDB, as Python would
take minutes for it.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

VISITS_PER_USER = 20

_LINES = r"""
COPY (
    WITH drawn AS (
        SELECT i, hash(i, $seed, 0) % $users AS who,
            hash(i, $seed, 1) / 18446744073709551616.0 AS luck,
            hash(i, $seed, 2) / 18446744073709551616.0 AS trouble,
            hash(i, $seed, 3) / 18446744073709551616.0 AS speed
        FROM range($visits) r(i)
    ), visits AS (
        SELECT *, CASE WHEN hash(who, $seed, 4) % 10 < 3 THEN 'b' ELSE 'a' END AS variant,
            luck < -0.12 * ln(1 - hash(who, $seed, 5) / 18446744073709551616.0) AS won,
            trouble < 0.002 AS failed,
            format('"request_id":"5f3c9a1e07b2-{}","timestamp":"{}","user_id":"{}"', i + 1,
                strftime(TIMESTAMP '2026-03-01' + to_microseconds(i * 60480),
                    '%Y-%m-%dT%H:%M:%S.%fZ'), who) AS shared
        FROM drawn
    )
    SELECT unnest(CASE WHEN failed THEN [request] ELSE [request, outcome] END) FROM (
        SELECT failed, format('{{"event":"request",{},"variant":"{}","backend":"{}1",'
                '"method":"GET","path":"/recommend/{}?n=10","status":{},"latency_ms":{:.3f}}}',
                shared, variant, variant, who, CASE WHEN failed THEN 502 ELSE 200 END,
                4 - 12 * ln(1 - speed)) AS request,
            format('{{"event":"outcome",{},"variant":"{}","outcome":{}}}',
                shared, variant, won::INTEGER) AS outcome
        FROM visits
    )
) TO '{path}' (FORMAT csv, QUOTE '', ESCAPE '', DELIM '\x01', HEADER false)
"""


def write(path: Path, visits: int, seed: int) -> Path:
    """Write a log.

    Args:
        path: where to.
        visits: requests for films, each with its outcome unless it failed.
        seed: of everything in it.
    """
    users = max(1, visits // VISITS_PER_USER)
    quoted = str(path).replace("'", "''")
    query = _LINES.replace("{path}", quoted).replace(r"\x01", "\x01")
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        connection.execute(query, {"visits": visits, "users": users, "seed": seed})
    return path
