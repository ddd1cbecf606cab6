"""How much memory and disk a server takes, and how many fit."""

from __future__ import annotations

from lab_utils.measurements.result import Measurement
from lab_utils.runtimes.base import Kind, Server


def idle_memory(kind: Kind, server: Server = "tiny") -> Measurement:
    """Bytes of this machine's memory that it holds when it is ready and asked nothing."""
    raise NotImplementedError


def image_size(kind: Kind, server: Server = "tiny") -> Measurement:
    """Bytes on disk that it is started from."""
    raise NotImplementedError


def density(kind: Kind, server: Server = "tiny", *, instances: int = 3) -> Measurement:
    """How many fit into a gigabyte (10⁹ bytes), from the memory of `instances` run together.

    What the runtime itself adds for each is counted: a container's shim.
    """
    raise NotImplementedError
