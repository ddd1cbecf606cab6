"""The figures as a table for the terminal: a row for each thing measured, a column a runtime."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from lab_utils.measurements import Measurement
from lab_utils.runtimes import KINDS, Server

LEGEND = (
    "Several values: median (least to greatest). MB: 10⁶ bytes. Figures marked * were not measured "
    "here, but recorded on another machine."
)


def table(server: Server, measured: Sequence[Measurement]) -> Table:
    """One server's table."""
    mine = [each for each in measured if each.server == server]
    shown = Table("what", title=server, box=box.SIMPLE_HEAD)
    for kind in KINDS:
        shown.add_column(kind, overflow="fold")
    for what in dict.fromkeys(each.what for each in mine):
        row = {each.runtime: cell(each) for each in mine if each.what == what}
        shown.add_row(what, *(row.get(kind, "-") for kind in KINDS))
    return shown


def cell(measurement: Measurement) -> str:
    """A measurement in a few words."""
    star = " *" if measurement.recorded else ""
    value = measurement.value
    if isinstance(value, bool):
        return ("yes" if value else "no") + star
    if isinstance(value, str):
        return value + star
    scale, unit = (1e6, "MB") if measurement.unit == "bytes" else (1, measurement.unit)
    unit = "" if unit == "count" else f" {unit}".rstrip()
    least, greatest = measurement.spread
    between = f" ({_number(least / scale)} to {_number(greatest / scale)})"
    several = between if len(measurement.values) > 1 else ""
    return f"{_number(value / scale)}{unit}{several}{star}"


def _number(value: float) -> str:
    if value >= 10 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}"
