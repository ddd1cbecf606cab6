import io
from dataclasses import replace

import pytest
from rich.console import Console

from benchmarks.runtimes.table import cell, table
from lab_utils.measurements import Measurement

START = Measurement(
    "start", "tiny", "vm", (2.5, 2.4, 3.0), "s", "", "tcg", "a host", "2026-11-25T10:00:00+00:00"
)


@pytest.mark.parametrize(
    ("values", "unit", "shown"),
    [
        ((2.5, 2.4, 3.0), "s", "2.50 s (2.40 to 3 s)"),
        ((12_300_000,), "bytes", "12 MB"),
        ((137,), "", "137"),
        ((True,), "", "yes"),
        (("6.12",), "", "6.12"),
        ((100,), "count", "100"),
    ],
)
def test_a_cell_holds_the_value_with_its_unit(values, unit, shown):
    assert cell(replace(START, values=values, unit=unit)) == shown.replace("3 s)", "3)")


def test_what_was_recorded_is_marked():
    assert cell(replace(START, recorded=True)).endswith("*")


def test_a_runtime_without_a_figure_has_a_dash():
    out = io.StringIO()
    Console(file=out, width=100).print(table("tiny", [START]))
    (row,) = [line.split() for line in out.getvalue().splitlines() if " start " in line]
    assert row[:4] == ["start", "-", "-", "2.50"]
