"""DuckDB, as its documentation recommends for what is larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = 270
"""What DuckDB may use, in MB; what needs more goes to the disk, where it can."""

COLUMNS = {
    "event": "VARCHAR",
    "request_id": "VARCHAR",
    "timestamp": "VARCHAR",
    "user_id": "VARCHAR",
    "variant": "VARCHAR",
    "path": "VARCHAR",
    "status": "SMALLINT",
    "latency_ms": "DOUBLE",
    "failover": "VARCHAR",
    "outcome": "DOUBLE",
}
"""Declared rather than found out: it saves a look at the file, and no surprise changes a type."""


@contextmanager
def opened(*, in_order: bool, memory: int = MEMORY) -> Iterator[tuple[DuckDBPyConnection, Path]]:
    """A database in a folder that is gone afterwards.

    Args:
        in_order: whether rows keep the order of the file, which takes more memory.
        memory: what DuckDB may use, in MB.

    Yields:
        The connection, and the folder.
    """
    import duckdb  # not at the top: most of the lab reads its logs without it

    with TemporaryDirectory(prefix="recitation-") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory}MB",
            "preserve_insertion_order": in_order,
            "temp_directory": str(Path(folder) / "spilled"),
        }
        with duckdb.connect(str(Path(folder) / "log.duckdb"), config=config) as connection:
            yield connection, Path(folder)


def lines_of(path: Path, columns: dict[str, str] = COLUMNS, longest: int = 1 << 25) -> str:
    """The SQL that reads a log's lines as a table.

    Args:
        path: the log.
        columns: each field's type.
        longest: bytes of the longest line; a thread holds two buffers of twice as many.
    """
    declared = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    quoted = str(path).replace("'", "''")
    return (
        f"read_json('{quoted}', format = 'newline_delimited', columns = {{{declared}}}, "
        f"maximum_object_size = {longest})"
    )
