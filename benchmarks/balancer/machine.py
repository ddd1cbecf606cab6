"""The machine of a run: which cores are used, and what is noted beside the figures."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from lab_utils import commands
from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS, ROOT

_ROOMS = (ROOT, CONTAINERS / "balancer")
VERSION_FLAGS = {"haproxy": "-v", "nginx": "-v", "wrk": "-v"}
PACKAGES = ("aiohttp", "flask", "httptools", "requests", "uvloop", "werkzeug")


@dataclass(frozen=True)
class Interpreter:
    """The Python that the balancers written in it run with.

    Attributes:
        path: the program.
        environment: what it needs besides ours to find the packages of this one.
        optimised: whether it was built with profile-guided optimisation, as Debian's,
            python.org's and the images' are; one built without is a fifth slower.
    """

    path: str
    environment: dict[str, str]
    optimised: bool

    @property
    def sentence(self) -> str:
        """For the reader."""
        how = "with" if self.optimised else "WITHOUT (a fifth slower than most people's)"
        return f"Python's balancers run with {self.path}, built {how} optimisation."


def interpreter() -> Interpreter:
    """This Python; or the system's of the same version, if only that one was built to be fast."""
    mine = Interpreter(sys.executable, {}, _optimised(sys.executable))
    other = f"/usr/bin/python3.{sys.version_info.minor}"
    if mine.optimised or not Path(other).exists() or not _optimised(other):
        return mine
    packages = [part for part in sys.path if "site-packages" in part or Path(part) in _ROOMS]
    return Interpreter(other, {"PYTHONPATH": os.pathsep.join(packages)}, optimised=True)


def _optimised(python: str) -> bool:
    words = "import sysconfig; print(sysconfig.get_config_var('CONFIG_ARGS'))"
    asked = commands.run([python, "-c", words], doing=f"asking how {python} was built", check=False)
    return "--enable-optimizations" in asked.stdout


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
