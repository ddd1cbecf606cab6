"""How much memory and disk a server takes, and how many fit."""

from __future__ import annotations

from contextlib import ExitStack

import psutil

from lab_utils.measurements.provenance import Subject, live_or_recorded, measured, up
from lab_utils.measurements.result import Measurement
from lab_utils.runtimes import Container, make
from lab_utils.runtimes.base import Kind, Runtime, Server

MEMORY = "idle memory"
IMAGE = "image size"
DENSITY = "how many fit into a gigabyte"

GIGABYTE = 10**9

IMAGE_HOW: dict[Kind, str] = {
    "process": "the program file; for Python, the environment with all its packages",
    "container": "all layers of the image, unpacked",
    "vm": "kernel, first file system, and what is used of the disk",
}


def idle_memory(subject: Subject, server: Server = "tiny") -> Measurement:
    """Bytes of this machine's memory that it holds when it is ready and asked nothing."""

    def live() -> tuple[Measurement, ...]:
        with up(subject, server) as runtime:
            used, how = runtime.memory(), runtime.memory_how
            return (measured(MEMORY, runtime, [used], unit="bytes", how=how),)

    return live_or_recorded([MEMORY], subject, server, live)[0]


def image_size(kind: Kind, server: Server = "tiny") -> Measurement:
    """Bytes on disk that it is started from."""

    def live() -> tuple[Measurement, ...]:
        runtime = make(kind, server)
        runtime.demand()
        size = runtime.image_bytes()
        return (measured(IMAGE, runtime, [size], unit="bytes", how=IMAGE_HOW[kind]),)

    return live_or_recorded([IMAGE], kind, server, live)[0]


def density(kind: Kind, server: Server = "tiny", *, instances: int = 3) -> Measurement:
    """How many fit into a gigabyte (10⁹ bytes), from the memory of `instances` run together.

    What the runtime itself adds for each is counted: a container's shim, as far as we may see it.
    """

    def live() -> tuple[Measurement, ...]:
        with ExitStack() as together:
            running = [together.enter_context(make(kind, server)) for _ in range(instances)]
            each = sum(runtime.memory() + _overhead(runtime) for runtime in running) / instances
            how = f"a gigabyte over the mean memory of {instances} that run together"
            if kind == "container":
                seen = _overhead(running[0]) > 0
                how += ", each with its shim" if seen else "; their shims could not be seen"
            fit = int(GIGABYTE // each)
            return (measured(DENSITY, running[0], [fit], unit="count", how=how),)

    return live_or_recorded([DENSITY], kind, server, live)[0]


def _overhead(runtime: Runtime) -> int:
    """Bytes of the program that keeps a container; 0 where there is none that we can see."""
    if not isinstance(runtime, Container):
        return 0
    found = [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if "containerd-shim" in (process.info["name"] or "")
        and runtime.container.id in (process.info["cmdline"] or [])
    ]
    try:
        return sum(int(getattr(each.memory_full_info(), "pss", 0)) for each in found)
    except psutil.Error:
        return 0
