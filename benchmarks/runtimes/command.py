"""`./lab bench runtimes`: measure, show, and where asked keep as the recorded figures."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from benchmarks.runtimes import measure
from benchmarks.runtimes.table import LEGEND, table
from lab_utils import commands, demo
from lab_utils.measurements import RECORDED, Measurement, recorded
from lab_utils.paths import ROOT
from lab_utils.runtimes import KINDS, SERVERS, Server, missing


def main(words: Sequence[str], console: Console) -> int:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(prog="lab bench runtimes")
    parser.add_argument("--only", choices=SERVERS, help="one server; both otherwise")
    parser.add_argument(
        "--record", action="store_true", help=f"keep the figures in {RECORDED.relative_to(ROOT)}"
    )
    options = parser.parse_args(words)
    with demo.alone():
        run([options.only] if options.only else SERVERS, console, record=options.record)
    return 0


def run(servers: Sequence[Server], console: Console, *, record: bool = False) -> None:
    """Measure and show; with `record`, keep what was measured live.

    Raises:
        LabError: figures are to be recorded without a commit to name.
    """
    commit = _commit() if record else ""
    console.print(f"load average before: {os.getloadavg()[0]:.1f}")
    for kind in KINDS:
        if reason := missing(kind):
            console.print(f"[bold yellow]NO {kind.upper()} HERE:[/] {escape(reason.found)}")
            console.print(f"recorded figures stand in; to measure: {escape(reason.next_step)}")
    measured: list[Measurement] = []
    for server in servers:
        with console.status(f"measuring {server}"):
            measured += measure.all_of(server, lambda line: console.print(escape(line)))
        console.print(table(server, measured))
    console.print(LEGEND, markup=False)
    for line in dict.fromkeys(each.provenance for each in measured):
        console.print(line, markup=False)
    if record:
        live = [each for each in measured if not each.recorded]
        recorded.save(RECORDED, live, commit)
        console.print(f"kept: {RECORDED.relative_to(ROOT)}")


def _commit() -> str:
    words = ["git", "rev-parse", "--short", "HEAD"]
    return commands.run(words, doing="asking which commit is measured", folder=ROOT).stdout.strip()
