"""What a limit does."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from lab_utils.measurements.provenance import (
    Subject,
    demand_kind,
    kind_of,
    live_or_recorded,
    measured,
    up,
)
from lab_utils.measurements.result import Measurement
from lab_utils.runtimes import Container, VirtualMachine
from lab_utils.runtimes.base import Runtime, Unavailable

CPU = "cores used by two busy loops"
ENFORCED = ("exit code", "killed for memory", "server goes on", "processes refused")

LOOPS = """\
(while :; do :; done) & one=$!
(while :; do :; done) & two=$!
sleep 1
kill $one $two
wait
true
"""
HOG = "tail /dev/zero"
"""Waits for the end of an endless line, and keeps all of it in memory."""

FORKS = "n=0; while [ $n -lt 40 ]; do sleep 3 & n=$((n + 1)); done; true"

SMALL_MB, FEW = 16, 20
"""What the container of these trials may have: megabytes, and processes."""


def cpu_share(subject: Subject, *, limit: float | None = None) -> Measurement:
    """How many cores of this machine two busy loops inside keep busy for a second.

    Args:
        subject: a process has all cores; a container too, or as many as `limit`; a guest has one.
        limit: cores a container may use (`docker run --cpus`).

    Raises:
        LabError: a limit is asked for that a process or guest has not.
    """
    if limit is not None:
        why = "a process is not limited so, and a guest by how many processors it is given"
        demand_kind(subject, ["container"], "limiting the cores of", why)

    def live() -> tuple[Measurement, ...]:
        with _up(subject, limit) as runtime:
            before, started = _cpu_seconds(runtime), time.perf_counter()
            runtime.run_inside(LOOPS)
            share = (_cpu_seconds(runtime) - before) / (time.perf_counter() - started)
            about = f" under a limit of {limit:g}" if limit is not None else ""
            how = f"CPU seconds per second while two endless loops run inside for a second{about}"
            return (measured(_cpu_name(limit), runtime, [share], unit="cores", how=how),)

    return live_or_recorded([_cpu_name(limit)], subject, "tiny", live)[0]


def limits_enforced(subject: Subject) -> tuple[Measurement, ...]:
    """What becomes of a program that takes more memory than its container or guest has.

    `exit code` (137: killed), `killed for memory`, `server goes on`, and for a container
    `processes refused` (`--pids-limit`).

    Raises:
        LabError: a plain process has no limit that we would dare to try.
    """
    why = "nothing limits a plain process: a program that takes all memory takes this machine's"
    demand_kind(subject, ["container", "vm"], "trying the limits of", why)

    def live() -> tuple[Measurement, ...]:
        if kind_of(subject) == "container":
            return _container_limits()
        with up(subject, "tiny") as guest:
            return _guest_limits(guest)

    return live_or_recorded(ENFORCED, subject, "tiny", live)


def _container_limits() -> tuple[Measurement, ...]:
    with Container("tiny", memory_mb=SMALL_MB, processes=FEW) as runtime:
        code, _ = runtime.exit_and_output(HOG)
        runtime.container.reload()
        killed = bool(runtime.container.attrs["State"]["OOMKilled"])
        goes_on = runtime.answers()
        _, said = runtime.exit_and_output(FORKS)
        hog = f"`{HOG}` in a container with {SMALL_MB} MB"
        return (
            measured("exit code", runtime, [code], how=f"of {hog}"),
            measured("killed for memory", runtime, [killed], how="OOMKilled, says the engine"),
            measured("server goes on", runtime, [goes_on], how=f"it answers after {hog}"),
            measured(
                "processes refused",
                runtime,
                ["can't fork" in said],
                how=f"40 are started where {FEW} may be: `{said.strip()}`",
            ),
        )


def _guest_limits(guest: Runtime) -> tuple[Measurement, ...]:
    code = int(guest.run_inside(f"{HOG} 2> /dev/null; echo $?"))
    killed = guest.run_inside("dmesg | grep 'Out of memory' || true")
    return (
        measured("exit code", guest, [code], how=f"of `{HOG}` in the guest"),
        measured("killed for memory", guest, [bool(killed)], how=killed.strip()),
        measured("server goes on", guest, [guest.answers()], how="it answers afterwards"),
    )


@contextmanager
def _up(subject: Subject, limit: float | None) -> Iterator[Runtime]:
    if limit is None:
        with up(subject, "tiny") as runtime:
            yield runtime
    else:
        with Container("tiny", cpus=limit) as container:
            yield container


def _cpu_name(limit: float | None) -> str:
    return CPU if limit is None else f"{CPU}, limit {limit:g}"


def _cpu_seconds(runtime: Runtime) -> float:
    """CPU time that a runtime, or for a process what runs beside it, has used so far."""
    if isinstance(runtime, Container):
        return runtime.cpu_seconds()
    if isinstance(runtime, VirtualMachine):
        return runtime.cpu_seconds()
    if os.name != "posix":
        raise Unavailable("running two busy loops", "this is not a POSIX system", "use WSL 2")
    times = psutil.Process().cpu_times()
    return times.children_user + times.children_system
