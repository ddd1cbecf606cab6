"""Ctrl-C and its relatives: the first one stops the command, and lets it tidy up behind itself."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
"""Ctrl-C, a polite kill, and a terminal window that is closed."""

PATIENCE = 3
"""With this signal the command ends at once, tidied up or not."""


@contextlib.contextmanager
def stopping_in_good_order() -> Iterator[None]:
    """Turn the first of `SIGNALS` into a KeyboardInterrupt, and ignore the second.

    Tidying up takes seconds, in which people press Ctrl-C again; a second interrupt there would
    leave containers behind. A third one is meant.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = 0

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        heard += 1
        if heard == 1:
            raise KeyboardInterrupt
        if heard >= PATIENCE:
            os._exit(130)
        print("\nstopping what was started; once more to leave it as it is", file=sys.stderr)

    before = {number: signal.signal(number, on_signal) for number in SIGNALS}
    try:
        if hasattr(signal, "pthread_sigmask"):  # the launcher has kept a Ctrl-C back until now
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
