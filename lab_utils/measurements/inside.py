"""What a program inside can see."""

from __future__ import annotations

from lab_utils.measurements.result import Measurement
from lab_utils.runtimes.base import Kind, Server


def seen_inside(kind: Kind, server: Server = "tiny") -> tuple[Measurement, ...]:
    """Five facts: `kernel`, `boot id`, `processes seen`, `memory seen` (bytes), `cpus seen`."""
    raise NotImplementedError
