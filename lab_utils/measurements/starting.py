"""How long it takes from the start until the first answer."""

from __future__ import annotations

import time
from collections.abc import Callable

from lab_utils.measurements.provenance import live_or_recorded, measured
from lab_utils.measurements.result import Measurement
from lab_utils.runtimes import VirtualMachine, make
from lab_utils.runtimes.base import Kind, Runtime, Server

START = "start to first answer"
WARM_START = "start from a snapshot"


def start_to_first_answer(kind: Kind, server: Server = "tiny", *, starts: int = 3) -> Measurement:
    """Seconds from the command to the first answer, once for each start."""

    def live() -> tuple[Measurement, ...]:
        how = "from the command that starts it to its first HTTP answer; what it needs was there"
        return (_timed(START, lambda: make(kind, server), starts, how),)

    return live_or_recorded([START], kind, server, live)[0]


def start_from_snapshot(server: Server = "tiny", *, starts: int = 3) -> Measurement:
    """The same for a virtual machine that goes on from a snapshot taken when it was ready."""

    def live() -> tuple[Measurement, ...]:
        how = "from the command to the first HTTP answer of a guest that goes on from a snapshot"
        return (_timed(WARM_START, lambda: VirtualMachine(server, warm=True), starts, how),)

    return live_or_recorded([WARM_START], "vm", server, live)[0]


def _timed(what: str, new: Callable[[], Runtime], starts: int, how: str) -> Measurement:
    seconds = []
    for _ in range(starts):
        runtime = new()
        runtime.demand()
        try:
            before = time.perf_counter()
            runtime.start()
            runtime.wait_ready()
            seconds.append(time.perf_counter() - before)
            result = measured(what, runtime, seconds, unit="s", how=how)
        finally:
            runtime.stop()
    return result
