"""`./lab bench balancer`: start everything, measure, show, keep, end everything."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from benchmarks.balancer import machine, measure, peers, results
from benchmarks.balancer.load import QUICK, SHAPES, Shape
from benchmarks.balancer.peers import PEERS, STRAIGHT, Peer
from benchmarks.balancer.picture import requests_per_cpu_second
from benchmarks.balancer.table import LEGEND, table
from lab_utils import commands, demo
from lab_utils.errors import LabError
from lab_utils.ladder.picture import RECORDED
from lab_utils.paths import NOTEBOOKS, RESULTS, STATE
from lab_utils.processes import Process


@dataclass(frozen=True)
class Plan:
    """How much is measured: the loads, how often, and for how many seconds each time."""

    shapes: tuple[Shape, ...]
    rounds: int
    seconds: float


FULL = Plan(SHAPES, rounds=3, seconds=3)
BRIEF = Plan(QUICK, rounds=3, seconds=1)
TITLES = {peer.name: peer.title for peer in (STRAIGHT, *PEERS)}


def main(words: Sequence[str], console: Console) -> int:
    """Run the benchmark as the command line says."""
    names = [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(prog="lab bench balancer")
    parser.add_argument("--quick", action="store_true", help="rounds of 1 s, and fewer loads")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--install", action="store_true", help="apt-get install what is missing")
    parser.add_argument(
        "--record",
        action="store_true",
        help="keep figures and picture as those that README and notebook 04 show",
    )
    options = parser.parse_args(words)
    if options.record and (options.quick or options.only):
        parser.error("--record keeps a whole run: without --quick and --only")
    machine.demand_linux()
    if options.install:
        peers.install()
        console.print("Installed. Their services may run now: `systemctl disable --now ...`")
    chosen = [peer for peer in PEERS if peer.name in (options.only or names)]
    plan = BRIEF if options.quick else FULL
    for ending in (signal.SIGTERM, signal.SIGHUP):  # end as on Ctrl-C: with all that was started
        signal.signal(ending, signal.default_int_handler)
    with demo.alone():
        path = run(chosen, plan, console, results_folder=RESULTS, folder=STATE / "bench-balancer")
    if options.record:
        shutil.copyfile(path, RECORDED)
        shutil.copyfile(path.with_suffix(".svg"), NOTEBOOKS / "figures" / "balancer.svg")
        console.print("Kept as recorded: tests/test_readme.py knows which words have to follow.")
    return 0


def run(
    chosen: Sequence[Peer], plan: Plan, console: Console, *, results_folder: Path, folder: Path
) -> Path:
    """Measure, print the tables, and keep figures and picture.

    Args:
        chosen: the balancers wanted; what is missing here is said and left out.
        plan: how much is measured.
        console: where it is shown.
        results_folder: gets `bench-balancer-<date>.json` and `.svg`.
        folder: for configurations, logs and pid files; gone afterwards.

    Returns:
        The JSON file.

    Raises:
        LabError: this machine cannot run the benchmark, or a balancer did not start.
    """
    _demand_tools()
    left_out = peers.missing(chosen)
    for name, why in left_out.items():
        console.print(f"[bold yellow]LEFT OUT: {TITLES[name]}[/]: {escape(why)}")
    there = [STRAIGHT, *(peer for peer in chosen if peer.name not in left_out)]
    seen = machine.describe(["wrk", *(peer.needs for peer in there if peer.needs)])
    _announce(there, plan, console)
    rounds = _measure(there, plan, console, folder)
    seen["load_average_after"] = os.getloadavg()[0]
    rows = results.figures(rounds)
    for shape in plan.shapes:
        console.print(table(shape, rows, TITLES))
    console.print(LEGEND, markup=False)
    path = results_folder / f"bench-balancer-{datetime.now().astimezone():%Y%m%d-%H%M%S}.json"
    results.save(path, rounds, machine=seen, left_out=left_out)
    picture = requests_per_cpu_second(rows, TITLES)
    picture.save(path.with_suffix(".svg"))
    console.print(picture.caption, markup=False)
    console.print(f"kept: {path} and, as a picture, {path.with_suffix('.svg').name}", markup=False)
    return path


def _demand_tools() -> None:
    for program in ("wrk", "taskset"):
        if not commands.have(program):
            raise LabError(
                "preparing the benchmark",
                f"`{program}` is not on the PATH",
                peers.how_to_get(program),
            )


def _announce(there: Sequence[Peer], plan: Plan, console: Console) -> None:
    core, load_core = machine.cores()
    seconds = measure.estimate(len(there), len(plan.shapes), plan.rounds, plan.seconds)
    console.print(
        f"This takes about {seconds / 60:.1f} minutes; Ctrl-C ends it and all it started."
    )
    console.print(machine.interpreter().sentence, markup=False)
    if core == load_core:
        console.print(
            "[bold yellow]ONE CORE ONLY:[/] load generator and backends compete with the balancer "
            "for it. CPU per request still means something; requests/s and latency do not."
        )
    else:
        console.print(f"Balancers on core {core}; load generator and backends on {load_core}.")
    busy = os.getloadavg()[0]
    if busy > 0.5:
        console.print(
            f"[bold yellow]This machine is busy already (load average {busy:.1f}):[/] expect "
            "noise; believe ratios and CPU per request."
        )


def _measure(
    there: Sequence[Peer], plan: Plan, console: Console, folder: Path
) -> list[measure.Round]:
    core, load_core = machine.cores()
    _end_leftovers(folder)
    folder.mkdir(parents=True)
    try:
        with (
            console.status("starting the balancers") as status,
            peers.all_running(there, folder, core=core, load_core=load_core) as running,
        ):
            return measure.in_turn(
                running,
                plan.shapes,
                rounds=plan.rounds,
                seconds=plan.seconds,
                core=load_core,
                folder=folder,
                say=lambda line: status.update(escape(line)),
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end_leftovers(folder: Path) -> None:
    """End what a run that was killed has left behind."""
    for pid_file in folder.glob("*.json"):
        Process(pid_file.stem, folder).stop()
    shutil.rmtree(folder, ignore_errors=True)
