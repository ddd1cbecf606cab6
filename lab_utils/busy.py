"""One command at a time: two would share ports, models and event log."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from lab_utils.errors import LabError
from lab_utils.paths import STATE

LOCK = "busy.lock"


@contextlib.contextmanager
def alone(state: Path | None = None) -> Iterator[None]:
    """Hold the lab for one command.

    Args:
        state: the folder with the lock in it; the lab's own by default.

    Raises:
        LabError: another command of this checkout holds it.
    """
    folder = state or STATE
    folder.mkdir(exist_ok=True)
    try:
        with FileLock(folder / LOCK, timeout=0):
            yield
    except Timeout:
        raise LabError(
            "starting",
            "another `./lab demo`, `up`, `clean` or `bench` of this checkout is at work",
            "wait until it is done, or end it with Ctrl-C where it runs; a second lab beside it "
            "needs its own checkout, LAB_PROJECT and LAB_PORT_... variables",
        ) from None
