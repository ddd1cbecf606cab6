"""`./lab bench hot_path`: measure, and show the table."""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.hot_path.bench import AS_IT_IS, CLIENTS, LOADS, TRICKS, measure


def main(words: Sequence[str], console: Console) -> int:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(prog="lab bench hot_path")
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (7)")
    parser.add_argument("--turns", type=int, default=1_000, help=f"of {CLIENTS} requests (1000)")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        seen = measure(Path(folder), rounds=options.rounds, turns=options.turns)
    version = f"{platform.python_implementation()} {platform.python_version()}"
    table = Table(
        "instead",
        *(heading for load in LOADS for heading in (f"{load.title}, µs", "saved")),
        title=f"{version}, a browser's request",
        caption="known: users come again, and headers are the same; new: neither",
        box=box.SIMPLE_HEAD,
    )
    for trick in TRICKS:
        cells: list[str] = []
        for load in LOADS:
            took = seen[trick.name, load.title]
            saved = took - seen[AS_IT_IS.name, load.title]
            cells += f"{took:.2f}", f"{saved:.2f}" if trick is not AS_IT_IS else ""
        table.add_row(trick.name, *cells)
    console.print(table)
    return 0
