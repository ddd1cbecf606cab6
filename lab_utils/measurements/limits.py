"""What a limit does."""

from __future__ import annotations

from lab_utils.measurements.result import Measurement
from lab_utils.runtimes.base import Kind


def cpu_share(kind: Kind, *, limit: float | None = None) -> Measurement:
    """How many cores (CPU seconds a second) two busy loops get inside.

    Args:
        kind: a process cannot be limited; a container can; a guest has one processor.
        limit: cores a container may use (`docker run --cpus`).
    """
    raise NotImplementedError


def limits_enforced(kind: Kind) -> tuple[Measurement, ...]:
    """What becomes of a program that takes more memory than its container or guest has.

    `exit code` (137: killed), `killed for memory`, `server goes on`, and for a container
    `processes refused` (`--pids-limit`).
    """
    raise NotImplementedError
