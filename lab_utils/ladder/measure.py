"""The ladder, climbed: a second on each rung, its CPU time counted by the operating system."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import psutil

from lab_utils import commands, ports, practice, waiting
from lab_utils.errors import LabError
from lab_utils.paths import STATE
from lab_utils.ports import HOST
from lab_utils.processes import Process

FOLDER = STATE / "ladder"
PATIENCE = 20.0
WARM_UP_S = 0.3
PYTHON = (sys.executable, "-P", "-m")


@dataclass(frozen=True)
class Rung:
    """One design, measured on this machine.

    Attributes:
        title: what it is.
        answered: requests in the time it was asked.
        cpu_us: CPU time per request, in microseconds, of it and of the programs it starts.
        p50_ms: within how many milliseconds half of the requests were answered.
    """

    title: str
    answered: int
    cpu_us: float
    p50_ms: float


FLASK = "lab_utils.ladder.recitation"
DESIGNS = {
    "a program for each look": (FLASK,),
    "no program": (FLASK, "--no-look"),
    "connections kept": (FLASK, "--no-look", "--keep"),
    "aiohttp on both sides": ("lab_utils.ladder.aiohttp_peer",),
}
"""From the recitation's idea on, each without a cost of the one before."""

OURS = "ours, sticky, with its event log"


def climb(say: Callable[[str], None], *, seconds: float = 0.7) -> list[Rung]:
    """Measure every rung, the slowest first.

    Args:
        say: told where this cannot be measured; then there are no rungs.
        seconds: for which each is asked.

    Raises:
        LabError: a rung does not come up.
    """
    if sys.platform == "win32":
        say("Not measured: Windows does not count the CPU time of programs that have ended.")
        return []
    with ExitStack() as opened:
        two = [_start(opened, f"backend-{name}", ("lab_utils.ladder.backend",)) for name in "ab"]
        backends = [f"{HOST}:{port}" for port, _ in two]
        running = {
            title: _start(opened, f"rung-{number}", words, backends)
            for number, (title, words) in enumerate(DESIGNS.items())
        }
        ours = practice.start_balancer(dict(zip("ab", ([each] for each in backends), strict=True)))
        opened.callback(ours.stop)
        running[OURS] = ours.port, ours.process
        for port, process in [*two, *running.values()]:
            _wait_for(port, process)
        return [_measured(title, *place, seconds) for title, place in running.items()]


def _measured(title: str, port: int, process: Process, seconds: float) -> Rung:
    _load(title, port, WARM_UP_S)
    before = _cpu(process)
    seen = _load(title, port, seconds)
    spent_us = 1e6 * (_cpu(process) - before)
    answered = int(seen["answered"])
    return Rung(title, answered, spent_us / answered, seen["p50_ms"])


def _load(title: str, port: int, seconds: float) -> dict[str, float]:
    doing = f"asking {title}"
    said = commands.run([*PYTHON, "lab_utils.ladder.load", str(port), str(seconds)], doing=doing)
    seen: dict[str, float] = json.loads(said.stdout)
    if not seen["answered"]:
        raise LabError(doing, "no request was answered", "run the cell again")
    return seen


def _cpu(process: Process) -> float:
    """Seconds of CPU time of a process, and of those it has waited for."""
    if (running := process.running()) is None:
        raise LabError("measuring a rung", process.last_lines(), "run the cell again")
    seconds = 0.0
    for each in [running, *running.children(recursive=True)]:
        try:
            spent = each.cpu_times()
        except psutil.NoSuchProcess:
            continue  # a look that has just ended: its parent's count has it
        seconds += spent.user + spent.children_user + spent.system + spent.children_system
    return seconds


def _start(
    opened: ExitStack, name: str, words: Sequence[str], backends: Sequence[str] = ()
) -> tuple[int, Process]:
    module, *options = words
    port, process = ports.free_port(), Process(name, FOLDER)
    process.stop()
    opened.callback(process.stop)
    process.start([*PYTHON, module, str(port), *backends, *options], {})
    return port, process


def _wait_for(port: int, process: Process) -> None:
    def silent() -> str | None:
        if process.running() is None:
            raise LabError(f"starting {process.name}", process.last_lines(), "see its own words")
        answer = waiting.answer(f"http://{HOST}:{port}/recommend/17")
        return None if answer else f"nothing answers at port {port}"

    waiting.until(
        silent,
        timeout=PATIENCE,
        doing=f"starting {process.name}",
        next_step="run the cell again",
        details=process.last_lines,
    )
