"""`./lab bench experiment`: make a log, let everyone read it, show and keep the figures."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.balancer.machine import demand_linux
from benchmarks.experiment import log
from benchmarks.experiment.contestants import (
    CONTESTANTS,
    OURS,
    Contestant,
    Run,
    demand_agreement,
    missing,
    run,
)
from lab_utils.paths import RESULTS

SEED = 7
FIRST = 10_000
"""Visits in the log of everyone's first turn, which is not timed."""

PACKAGES = ("duckdb", "numpy", "pandas", "scipy")
LEGEND = (
    "seconds: from the start of a fresh Python to its end. Imports, read, analysis: its parts, "
    "without the end of the Python. CPU s: user and system time of all its threads. MB: of "
    "memory, at most. DuckDB, no proof: believes the log, sums up one rate alone and compares "
    "nothing; the distance from it is what it costs to be sure, and to decide. Medians over the "
    "rounds; x: how many times ours, within a round."
)


def main(words: Sequence[str], console: Console) -> int:
    """Run the benchmark as the command line says."""
    names = [contestant.name for contestant in CONTESTANTS]
    parser = argparse.ArgumentParser(prog="lab bench experiment")
    parser.add_argument("--visits", type=int, default=1_000_000, help="in the log (1,000,000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run (3)")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    options = parser.parse_args(words)
    demand_linux()
    chosen = [each for each in CONTESTANTS if each.name in (options.only or names)]
    left_out = missing(chosen)
    for name, why in left_out.items():
        console.print(f"[bold yellow]LEFT OUT: {name}[/]: {escape(why)}")
    there = [each for each in chosen if each.name not in left_out]
    with tempfile.TemporaryDirectory(prefix="recitation-bench-") as folder:
        # not timed: whoever has never run here compiles its packages first
        in_turn(there, log.write(Path(folder) / "first.jsonl", FIRST, SEED), 1, console)
        path = log.write(Path(folder) / "events.jsonl", options.visits, SEED)
        size = path.stat().st_size
        console.print(f"{options.visits:,} visits, {size / 1e9:.2f} GB, seed {SEED}")
        runs = in_turn(there, path, options.rounds, console)
    console.print(table(there, runs))
    console.print(LEGEND, markup=False)
    kept = RESULTS / f"bench-experiment-{datetime.now().astimezone():%Y%m%d-%H%M%S}.json"
    save(kept, runs, visits=options.visits, size=size, left_out=left_out)
    console.print(f"kept: {kept}", markup=False)
    return 0


def in_turn(there: Sequence[Contestant], path: Path, rounds: int, console: Console) -> list[Run]:
    """Every contestant once a round; all have to agree.

    Raises:
        LabError: one ended with an error, or found something else than the others.
    """
    runs = []
    for number in range(1, rounds + 1):
        for contestant in there:
            with console.status(f"round {number} of {rounds}: {contestant.title}"):
                runs.append(run(contestant, number, path))
    demand_agreement(runs)
    return runs


def table(there: Sequence[Contestant], runs: Sequence[Run]) -> Table:
    """Medians of each contestant, and how many times ours."""
    shown = Table(title="from the log to the comparison", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    shown.add_column("", min_width=12)
    for column in (*_MEASURED.values(), *_COMPARED.values()):
        shown.add_column(column, justify="right", no_wrap=True)
    ours = {each.number: each for each in runs if each.name == OURS.name}
    for contestant in there:
        mine = [each for each in runs if each.name == contestant.name]
        cells = [f"{median(getattr(each, what) for each in mine):,.1f}" for what in _MEASURED]
        for what in _COMPARED:
            times = [getattr(e, what) / getattr(ours[e.number], what) for e in mine if ours]
            cells.append(f"{median(times):.1f}" if times else "-")
        shown.add_row(contestant.title, *cells)
    return shown


_COMPARED = {"wall_s": "s x", "cpu_s": "CPU x", "peak_mb": "MB x"}
_MEASURED = {
    "wall_s": "seconds",
    "imports_s": "imports",
    "read_s": "read",
    "analysis_s": "analysis",
    "cpu_s": "CPU s",
    "peak_mb": "MB",
}


def save(
    path: Path, runs: Sequence[Run], *, visits: int, size: int, left_out: dict[str, str]
) -> None:
    """Keep every run with what a reader needs to judge it."""
    path.parent.mkdir(exist_ok=True)
    kept = {
        "machine": {
            "system": platform.platform(),
            "cores": len(os.sched_getaffinity(0)),
            "load_average": os.getloadavg()[0],
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in PACKAGES},
            },
        },
        "log": {"visits": visits, "bytes": size, "seed": SEED},
        "left_out": left_out,
        "runs": [asdict(each) for each in runs],
    }
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
