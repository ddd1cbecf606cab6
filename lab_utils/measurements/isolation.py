"""What a crash reaches."""

from __future__ import annotations

from lab_utils.measurements.result import Measurement


def panic_beside_host() -> tuple[Measurement, ...]:
    """A guest's kernel panics while another guest and this machine are watched.

    `last words` (text), `exit code` (of QEMU), `neighbour goes on`, `host goes on` (same boot id).
    """
    raise NotImplementedError
