"""How long it takes from the start until the first answer."""

from __future__ import annotations

from lab_utils.measurements.result import Measurement
from lab_utils.runtimes.base import Kind, Server


def start_to_first_answer(kind: Kind, server: Server = "tiny", *, starts: int = 3) -> Measurement:
    """Seconds from the command to the first answer, once for each start; its own name as `what`."""
    raise NotImplementedError


def start_from_snapshot(server: Server = "tiny", *, starts: int = 3) -> Measurement:
    """The same for a virtual machine that starts from a snapshot taken when it was ready."""
    raise NotImplementedError
