"""QEMU's monitor, spoken to from plain code: QMP in a thread of its own.

Jupyter's own event loop runs in the main thread, so QMP's has another.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

from qemu.qmp import QMPClient, QMPError

from lab_utils.errors import LabError

T = TypeVar("T")

TIMEOUT = 60.0
"""Seconds for one command: saving half a gigabyte of guest is the longest."""


class Monitor:
    """A connection to one QEMU.

    Args:
        line: connected to it.

    Raises:
        LabError: whoever is at the other end does not greet as QEMU does.
    """

    def __init__(self, line: socket.socket) -> None:
        self._client = QMPClient("recitation")
        line.setblocking(False)  # noqa: FBT003 - the method's only argument
        try:
            _run(self._client.connect(line))
        except QMPError as error:
            raise _lost("greeting QEMU", error) from None

    def ask(self, command: str, **arguments: object) -> Any:
        """Run a QMP command and return what it returns.

        Raises:
            LabError: QEMU refuses, or has ended.
        """
        try:
            return _run(self._client.execute(command, arguments))
        except QMPError as error:
            raise _lost(f"asking QEMU for {command}", error) from None

    def say(self, words: str) -> str:
        """Run a command of QEMU's monitor for people (`info usernet`, `savevm name`).

        Raises:
            LabError: it answered with an error, or QEMU has ended.
        """
        said = str(self.ask("human-monitor-command", **{"command-line": words})).strip()
        if said.startswith("Error"):
            raise LabError(f"asking QEMU to `{words}`", said, "run this again from a fresh guest")
        return said

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(QMPError, EOFError, OSError, TimeoutError):
            _run(self._client.disconnect())


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, _loop()).result(TIMEOUT)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="qmp", daemon=True).start()
    return loop


def _lost(doing: str, error: Exception) -> LabError:
    return LabError(doing, str(error), "is the guest still running? Start a fresh one")


def forwarded_port(monitor: Monitor) -> int:
    """The port of this machine that QEMU chose to forward to the guest's server."""
    said = monitor.say("info usernet")
    line = next(each for each in said.splitlines() if "HOST_FORWARD" in each)
    # TCP[HOST_FORWARD]  12  127.0.0.1  41234  10.0.2.15  80  0  0
    return int(line.split()[3])
