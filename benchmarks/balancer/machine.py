"""The machine of a run: which cores are used, and what is noted beside the figures."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from lab_utils import commands
from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS, ROOT

CLEARLY_FASTER = 1.1
_LOOP = """
import time
class A:
    def __init__(self, a): self.a = a
    def f(self, x): return self.a + x
def work():
    for i in range(100_000): A(i).f(i)
def timed():
    before = time.process_time()
    work()
    return time.process_time() - before
print(min(timed() for _ in range(5)))
"""
_ROOMS = (ROOT, CONTAINERS / "balancer")
VERSION_FLAGS = {"haproxy": "-v", "nginx": "-v", "wrk": "-v"}
PACKAGES = ("aiohttp", "flask", "httptools", "requests", "uvloop", "werkzeug")


@dataclass(frozen=True)
class Interpreter:
    """The Python that the balancers written in it run with.

    Attributes:
        path: the program.
        environment: what it needs besides ours to find the packages of this one.
        sentence: for the reader, which it is and why.
    """

    path: str
    environment: dict[str, str]
    sentence: str


def interpreter() -> Interpreter:
    """This Python; or the system's of the same version, if that is clearly the faster one.

    Most people's Python, and that of the images, was built with the compiler's optimisation by
    profile; one that somebody built from source often was not, and is a fifth slower.
    """
    mine, system = sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"
    if not Path(system).exists() or Path(system).samefile(mine):
        return Interpreter(mine, {}, f"Python's balancers run with {mine}.")
    speed = loop_s(mine) / loop_s(system)
    beside = f"{speed:.2f} times as fast as this .venv's in a loop of calls"
    if speed < CLEARLY_FASTER:
        sentence = f"Python's balancers run with {mine}; {system} is only {beside}."
        return Interpreter(mine, {}, sentence)
    packages = [part for part in sys.path if "site-packages" in part or Path(part) in _ROOMS]
    environment = {"PYTHONPATH": os.pathsep.join(packages)}
    return Interpreter(system, environment, f"Python's balancers run with {system}, {beside}.")


def loop_s(python: str) -> float:
    """The CPU time that a Python needs for a loop of calls, in seconds."""
    asked = commands.run([python, "-c", _LOOP], doing=f"asking how fast {python} is")
    return float(asked.stdout)


def demand_linux() -> None:
    """Raise unless cores can be chosen and CPU time be read.

    Raises:
        LabError: this is not Linux.
    """
    if sys.platform != "linux":
        raise LabError(
            "preparing the benchmark",
            "pinning a program to a core and reading its CPU time take Linux",
            "run it on Linux, in WSL 2 or in a virtual machine",
        )


def cores() -> tuple[int, int]:
    """The balancers' core, and the one of load generator and backends (one and the same if alone).

    The last two that this process may use: interrupts are mostly handled by the first.
    """
    usable = sorted(os.sched_getaffinity(0))
    return usable[-1], usable[-2] if len(usable) > 1 else usable[-1]


def describe(programs: Sequence[str]) -> dict[str, object]:
    """What a reader needs to judge the figures: the machine, how busy it was, all versions."""
    core, load_core = cores()
    return {
        "day": datetime.now().astimezone().date().isoformat(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "balancer_core": core,
        "load_core": load_core,
        "interpreter": interpreter().sentence,
        "load_average_before": os.getloadavg()[0],
        "versions": versions(programs),
    }


def versions(programs: Sequence[str]) -> dict[str, str]:
    """Versions of Python, the packages used, and those of `programs` that tell theirs."""
    found = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    for program in programs:
        if flag := VERSION_FLAGS.get(program):
            asked = commands.run(
                [program, flag], doing=f"asking {program} its version", check=False
            )
            said = re.search(r"\d+\.\d+[\w.]*", asked.stdout + asked.stderr)
            found[program] = said[0] if said else "unknown"
    return found


def _processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()
