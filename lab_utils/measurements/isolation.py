"""What a crash reaches."""

from __future__ import annotations

from lab_utils.measurements.provenance import live_or_recorded, measured
from lab_utils.measurements.result import Measurement
from lab_utils.runtimes import Process, VirtualMachine

PANIC = ("last words", "QEMU's exit code", "neighbour goes on", "host goes on")


def panic_beside_host(neighbour: VirtualMachine | None = None) -> tuple[Measurement, ...]:
    """A guest's kernel panics while another guest and this machine are watched.

    `last words` (text), `QEMU's exit code`, `neighbour goes on`, `host goes on`.

    Args:
        neighbour: a guest that is up, and stays so; None: one is started to be watched.
    """

    def live() -> tuple[Measurement, ...]:
        if neighbour is not None:
            return _panic_beside(neighbour)
        with VirtualMachine("tiny", warm=True) as other:  # asked for are facts, and no times
            return _panic_beside(other)

    return live_or_recorded(PANIC, "vm", "tiny", live)


def _panic_beside(neighbour: VirtualMachine) -> tuple[Measurement, ...]:
    host = Process("tiny")
    with VirtualMachine("tiny", warm=True) as victim:
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
