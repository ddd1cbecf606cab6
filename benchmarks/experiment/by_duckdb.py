"""The floor: DuckDB sums up by user and believes the log. No proof, no join, no comparison.

Knows nothing of the lab. Prints what it found as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from time import perf_counter

import duckdb

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "270MB",
    "preserve_insertion_order": False,
}
"""As the lab has it."""

_USERS = """
CREATE TEMP TABLE users AS
SELECT user_id, variant, count(latency_ms) AS visits, sum(outcome) AS outcome
FROM read_json($path, format = 'newline_delimited', columns = {
    user_id: 'VARCHAR', variant: 'VARCHAR', latency_ms: 'DOUBLE', outcome: 'DOUBLE'
}, maximum_object_size = 1048576)
GROUP BY ALL
"""
_RATES = "SELECT variant, sum(outcome) / sum(visits) FROM users GROUP BY variant"


def main(path: str) -> None:
    """From the log to the rate of each variant."""
    imported = perf_counter()
    with duckdb.connect(config=CONFIG) as connection:
        connection.execute(_USERS, {"path": path})
        read = perf_counter()
        rates = dict(connection.execute(_RATES).fetchall())
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {
        "metrics": {"outcome rate": {"control": rates["a"], "treatment": rates["b"]}},
        "imported_at": imported,
        "read_at": read,
        "compared_at": perf_counter(),
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
