"""What a crash reaches."""

from __future__ import annotations

from lab_utils.measurements.provenance import live_or_recorded, measured
from lab_utils.measurements.result import Measurement
from lab_utils.runtimes import Process, VirtualMachine

PANIC = ("last words", "QEMU's exit code", "neighbour goes on", "host goes on")


def panic_beside_host() -> tuple[Measurement, ...]:
    """A guest's kernel panics while another guest and this machine are watched.

    `last words` (text), `QEMU's exit code`, `neighbour goes on`, `host goes on`.
    """
    return live_or_recorded(PANIC, "vm", "tiny", _panic)


def _panic() -> tuple[Measurement, ...]:
    host = Process("tiny")
    with VirtualMachine("tiny") as neighbour, VirtualMachine("tiny") as victim:
        before = host.kernel(), neighbour.kernel()
        panic = victim.panic()
        word = next(line for line in panic.last_words if "panic" in line)
        after = host.kernel(), neighbour.kernel()
        return (
            measured("last words", victim, [word], how="on the guest's serial line"),
            measured("QEMU's exit code", victim, [panic.exit_code], how="as we are told"),
            measured(
                "neighbour goes on",
                victim,
                [neighbour.answers() and before[1] == after[1]],
                how="another guest answers, and its boot id is the same",
            ),
            measured(
                "host goes on",
                victim,
                [before[0] == after[0]],
                how="this machine's boot id is the same",
            ),
        )
