"""The figures as tables for the terminal, one for each load."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Column, Table

from benchmarks.balancer.load import ONE, Shape
from benchmarks.balancer.results import Figures

COLUMNS = ("req/s", "p50 ms", "p99 ms", "CPU µs", "core", "req/s x", "CPU x")
_OF_ONE = [name for name in COLUMNS if name not in ("core", "req/s x")]
"""What fits beside the added time in 80 characters."""

LEGEND = (
    "CPU µs: user and system time of the balancer's processes, per request. core: the part of its "
    "core that it used; well below 100 % something else was the limit (load generator, backends, "
    "other programs of this machine), and req/s is not the balancer's. x: in HAProxy's units, 1 is "
    "HAProxy, more is better (added x: less). Medians; ratios within a round."
)


def table(shape: Shape, rows: Sequence[Figures], titles: Mapping[str, str]) -> Table:
    """One load's table.

    Args:
        shape: the load.
        rows: figures; those of other loads are passed over.
        titles: what to call each peer.
    """
    columns = [*_OF_ONE, "added ms", "added x"] if shape is ONE else COLUMNS
    shown = Table(
        Column("balancer", min_width=16 if shape is ONE else 20),
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        title=f"{shape.title}; connections: {shape.connections}",
    )
    for name in columns:
        shown.add_column(name, justify="right", no_wrap=True)
    mine = [row for row in rows if row.shape == shape.name]
    added = {row.peer: row.added_ms for row in mine}
    for row in mine:
        cells = [cell for name, cell in _cells(row).items() if name in columns]
        if shape is ONE:
            times = row.added_ms / added["haproxy"] if added.get("haproxy") else math.nan
            cells += [number(row.added_ms, 3), number(times, 2)]
        failed = f" ({row.errors:,} errors)" if row.errors else ""
        shown.add_row(titles[row.peer] + failed, *cells)
    return shown


def number(value: float, digits: int) -> str:
    """A number with so many decimals; a dash where there is none."""
    return "-" if math.isnan(value) else f"{value:,.{digits}f}"


def _cells(row: Figures) -> dict[str, str]:
    cells = (
        number(row.requests_per_s, 0),
        number(row.p50_ms, 2),
        number(row.p99_ms, 1),
        number(row.cpu_us, 1),
        "-" if math.isnan(row.busy) else f"{row.busy:.0%}",
        number(row.throughput, 3 if row.throughput < 0.1 else 2),
        number(row.speed, 3 if row.speed < 0.1 else 2),
    )
    return dict(zip(COLUMNS, cells, strict=True))
