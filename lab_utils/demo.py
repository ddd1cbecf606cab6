"""The whole story in one command: build, start, visit, collect, test, and show a verdict."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from tqdm import tqdm

from lab_utils import balancer, building, ratings, report, stack, traffic
from lab_utils.busy import alone as alone  # benchmarks ask for it here
from lab_utils.errors import LabError
from lab_utils.experiment import Experiment, Proportion, Quantile, Rate
from lab_utils.paths import RESULTS
from lab_utils.stack import Kind, Stack

SEED = 2026
"""Of the order in which the visitors come, where no other is asked for."""

ROOM_FOR_A_RUN = 4 * 1024**2
"""Bytes of a run's events, page and summary, with room to spare."""

GUARDRAILS = (Quantile("latency_ms", 0.95, tolerance=50), Rate("error", tolerance=0.02))
"""What may not get worse by more than this, set before the first visitor came.

50 ms at p95: less than a visitor notices. 2 points of errors: a failed request is also no success,
so at the rates seen offline it takes less than one point off the outcome rate; and 0 could never
be shown to have held, as no failure among some hundred users fits a true rate above 0 too.
"""

LOST = (
    "To the verdict its failed requests are no success, so it says little of the model. Next: mend "
    "what it says, and run this again; while the stack is up (`./lab demo --keep`), "
    "`./lab logs {name}` shows more."
)


@dataclass(frozen=True)
class Run:
    """One run of all visitors against a stack, as it is kept on disk.

    Attributes:
        folder: `results/<date>-<kind>`; the event log is in it as `events.jsonl`.
        traffic: what the visitors saw.
        plan: each variant's planned share of users.
        runtime: one sentence: how the stack ran.
        versions: of what took part besides this Python, by name.
        unwell: the services that were not running or not healthy after the last visit.
        note: that the weights were not those of the settings; None if they were.
        alarm: that the weights changed meanwhile; None if they did not.
    """

    folder: Path
    traffic: traffic.Traffic
    plan: dict[str, float]
    runtime: str
    versions: dict[str, str]
    unwell: tuple[stack.Unwell, ...]
    note: str | None
    alarm: str | None

    @property
    def event_log(self) -> Path:
        """What the balancer recorded during this run."""
        return self.folder / "events.jsonl"

    @property
    def experiment(self) -> Experiment:
        """The test as it was planned before any visitor came."""
        return Experiment(
            plan=self.plan,
            control="a",
            primary=Proportion("outcome"),
            guardrails=GUARDRAILS,
        )

    @property
    def page(self) -> Path:
        """Where `report` writes the page with the pictures."""
        return self.folder / "report.html"

    def report(self) -> report.Summary:
        """Analyse what was recorded; write the page and the summary beside the event log."""
        return report.write(
            self.folder,
            experiment=self.experiment,
            seed=self.traffic.seed,
            runtime=self.runtime,
            versions=self.versions,
            visitor_failures={
                **self.traffic.failures,
                **{f"service lost: {each.name} {each.trouble}": 1 for each in self.unwell},
            },
            notes=[self.note] if self.note else [],
            alarms=[self.alarm] if self.alarm else [],
        )


def collect(running: Stack, *, seed: int = SEED) -> Run:
    """Send every visitor once, with a progress bar, and keep what the balancer recorded.

    The events are kept even if this is interrupted. A service that did not live to the last
    visit is named, with the last it said.

    Args:
        running: a stack that is up.
        seed: of the order in which the visitors come.

    Raises:
        LabError: the results could not be kept, or the ratings are missing.
    """
    demand()
    weights = balancer.weights(running.ports)
    folder = _new_folder(running.kind)
    before = len(running.event_log())
    try:
        users = len(ratings.liked_films())
        with tqdm(total=users, desc="visitors", unit=" visits", file=sys.stdout) as bar:
            seen = traffic.replay(
                running.ports.url("balancer"), seed=seed, progress=lambda _done: bar.update()
            )
    finally:
        _keep(running.event_log()[before:], folder / "events.jsonl")
    unwell = stack.unwell(running)
    for each in unwell:
        print(f"\nLost on the way: {each}\n{LOST.format(name=each.name)}\n")
    return Run(
        folder,
        seen,
        weights.split,
        running.description,
        running.versions(),
        tuple(unwell),
        note=weights.note(),
        alarm=weights.alarm(running.ports),
    )


def demand() -> None:
    """Raise where a run would be in vain: before minutes are spent on it.

    Raises:
        LabError: nothing can be written to `results/`, or the ratings are missing.
    """
    ratings.demand()
    try:
        RESULTS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=RESULTS) as probe:
            probe.write(bytes(ROOM_FOR_A_RUN))
    except OSError as error:
        a_file = RESULTS.is_file()
        raise LabError(
            f"looking whether {RESULTS} can keep a run",
            "it is a file" if a_file else f"the operating system refused: {error.strerror}",
            "move it out of the way" if a_file else "make room, or get the right to write there",
        ) from None


def run_in_terminal(
    console: Console, *, kind: Kind, seed: int, keep: bool, balancer: str = "ours"
) -> Run:
    """The demo as `./lab demo` shows it; the stack is stopped again unless it was up before.

    Raises:
        LabError: a step failed; what had been started is stopped, what was recorded is kept.
    """
    demand()
    with alone():
        chosen = stack.choose(kind, console.print, balancer=balancer)
        was_up = all(service.state == "running" for service in chosen.services())
        with building.watching(console) as watch:
            chosen.up(console.print, watch)
        try:
            run = collect(chosen, seed=seed)
        finally:
            if not (was_up or keep):
                chosen.down(console.print)
    summary = run.report()
    console.print(report.terminal(summary))
    console.print(f"The page with the pictures: [link]{run.page}[/link]", soft_wrap=True)
    return run


def _keep(data: bytes, path: Path) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise LabError(
            "keeping what the balancer recorded",
            f"{len(data):,} bytes could not be written to {path}: {error.strerror}",
            "make room, then run again; nothing is lost: the stack keeps its own event log until "
            "`./lab clean`",
        ) from None


def _new_folder(kind: str) -> Path:
    """A folder of this run's own, named by date; a second one in the same second gets a number."""
    name = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{kind}"
    for number in range(1000):
        folder = RESULTS / (f"{name}-{number}" if number else name)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True)
            return folder
    raise LabError("making a folder for the results", f"{name}-... all exist", "clear results/")
