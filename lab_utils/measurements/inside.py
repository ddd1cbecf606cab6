"""What a program inside can see."""

from __future__ import annotations

from lab_utils.measurements.provenance import Subject, live_or_recorded, measured, up
from lab_utils.measurements.result import Measurement, Value
from lab_utils.runtimes.base import Inside, Server

SEEN = ("kernel", "boot id", "processes seen", "memory seen", "cpus seen")

UNITS = {"processes seen": "count", "memory seen": "bytes", "cpus seen": "count"}
HOW = {
    "kernel": "`uname -r`, asked beside the server",
    "boot id": "/proc/sys/kernel/random/boot_id: another one for every boot of a kernel",
    "processes seen": "processes in /proc, kernel threads among them",
    "memory seen": "MemTotal of /proc/meminfo",
    "cpus seen": "`nproc`",
}


def seen_inside(subject: Subject, server: Server = "tiny") -> tuple[Measurement, ...]:
    """Five facts: `kernel`, `boot id`, `processes seen`, `memory seen` (bytes), `cpus seen`."""

    def live() -> tuple[Measurement, ...]:
        with up(subject, server) as runtime:
            found = _facts(runtime.inside())
            return tuple(
                measured(what, runtime, [found[what]], unit=UNITS.get(what, ""), how=HOW[what])
                for what in SEEN
            )

    return live_or_recorded(SEEN, subject, server, live)


def _facts(inside: Inside) -> dict[str, Value]:
    facts = (
        inside.kernel.release,
        inside.kernel.boot_id,
        len(inside.processes),
        inside.memory,
        inside.cpus,
    )
    return dict(zip(SEEN, facts, strict=True))
