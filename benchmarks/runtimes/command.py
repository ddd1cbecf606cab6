"""`./lab bench runtimes`: measure, show, and where asked keep as the recorded figures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import psutil
from rich.console import Console
from rich.markup import escape

from benchmarks.runtimes.table import LEGEND, table
from lab_utils import demo
from lab_utils.comparison import record
from lab_utils.measurements import Measurement
from lab_utils.runtimes import KINDS, SERVERS, missing


def main(words: Sequence[str], console: Console) -> int:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(prog="lab bench runtimes")
    parser.add_argument(
        "--record",
        action="store_true",
        help="keep the figures in data/recorded, for machines that lack a runtime",
    )
    options = parser.parse_args(words)
    with demo.alone():
        found = run(console)
        if options.record:
            record.keep(found)
            console.print("kept in data/recorded")
    return 0


def run(console: Console) -> list[Measurement]:
    """Measure everything, show it, and return it."""
    console.print("This takes one to four minutes; Ctrl-C ends it and all it started.")
    busy = psutil.getloadavg()[0]
    if busy > 0.5:
        console.print(
            f"[bold yellow]This machine is busy (load average {busy:.1f}):[/] expect noise."
        )
    for kind in KINDS:
        if reason := missing(kind):
            console.print(f"[bold yellow]NO {kind.upper()} HERE:[/] {escape(reason.found)}")
            console.print(f"Recorded figures stand in. To measure: {escape(reason.next_step)}")
    measured = []
    with console.status("measuring") as status:
        for each in record.everything():
            measured.append(each)
            status.update(f"measuring; just now {each.what} of {each.server}, {each.runtime}")
    for server in SERVERS:
        console.print(table(server, measured))
    console.print(LEGEND, markup=False)
    for line in dict.fromkeys(each.provenance for each in measured):
        console.print(line, markup=False)
    return measured
