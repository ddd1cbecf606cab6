"""Measuring: rounds in turn, and what the balancer's processes cost in each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.balancer import load
from benchmarks.balancer.load import Reading, Shape
from benchmarks.balancer.peers import Running

WARM_UP_S = 1.0
BETWEEN_S = 0.3
"""What starting and ending wrk takes, for the estimate."""


@dataclass(frozen=True)
class Round:
    """One balancer under one load, once.

    Attributes:
        number: of the round, from 1.
        peer: the balancer's name.
        shape: the load's name.
        reading: what the load generator saw.
        cpu_s: user and system time of the balancer and all its children, in seconds;
            None where there is no balancer.
    """

    number: int
    peer: str
    shape: str
    reading: Reading
    cpu_s: float | None


def estimate(peers: int, shapes: int, rounds: int, seconds: float) -> float:
    """How long the measuring takes, in seconds."""
    return peers * (WARM_UP_S + rounds * shapes * (seconds + BETWEEN_S))


def in_turn(
    running: Sequence[Running],
    shapes: Sequence[Shape],
    *,
    rounds: int,
    seconds: float,
    core: int,
    folder: Path,
    say: Callable[[str], None],
) -> list[Round]:
    """Measure all balancers, one after the other within each load and round.

    Args:
        running: the balancers.
        shapes: the loads.
        rounds: how often everything is done.
        seconds: how long one measurement lasts.
        core: where the load generator runs.
        folder: of the logs, which are emptied after each measurement: they grow by 10 MB a second.
        say: told what is going on.
    """
    for each in running:
        say(f"warming up: {each.peer.title}")
        load.run(shapes[0], each.url, seconds=WARM_UP_S, core=core)
    done = []
    for number in range(1, rounds + 1):
        for shape in shapes:
            for each in running:
                say(f"round {number} of {rounds}, {shape.title}: {each.peer.title}")
                done.append(_once(number, each, shape, seconds, core))
                _empty_logs(folder)
    return done


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, of its living descendants, and of all they waited for."""
    family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return sum(_own_and_waited_for(each) for each in family)


def cpu_ticks(stat: str) -> int:
    """User and system time, own and of children waited for, from a line of /proc/PID/stat.

    The fields are utime, stime, cutime and cstime, 14 to 17 of proc(5). The second field is the
    program's name in brackets and may hold blanks, so that counting starts after it.
    """
    fields = stat.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])


def _once(number: int, each: Running, shape: Shape, seconds: float, core: int) -> Round:
    before = cpu_seconds(each.pid) if each.pid else None
    reading = load.run(shape, each.url, seconds=seconds, core=core)
    spent = cpu_seconds(each.pid) - before if each.pid and before is not None else None
    return Round(number, each.peer.name, shape.name, reading, spent)


def _own_and_waited_for(pid: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:  # it has just ended: whoever waited for it has its time
        return 0.0
    return cpu_ticks(stat) / os.sysconf("SC_CLK_TCK")


def _empty_logs(folder: Path) -> None:
    for log in [*folder.glob("*.log"), *folder.glob("*.jsonl")]:
        os.truncate(log, 0)
