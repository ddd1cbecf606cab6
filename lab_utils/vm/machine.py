"""One QEMU with one guest, started on this machine: a process with a pid file, and its lines."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from pathlib import Path
from typing import TypeVar

from lab_utils.errors import LabError
from lab_utils.ports import HOST
from lab_utils.processes import Process
from lab_utils.vm import qemu
from lab_utils.vm.guest import Guest
from lab_utils.vm.monitor import Monitor, forwarded_port
from lab_utils.vm.qemu import Hardware, Wires
from lab_utils.vm.shell import Shell

Line = TypeVar("Line", Monitor, Shell)

CONNECT_TIMEOUT = 30.0
"""Seconds QEMU has to come up itself and to connect both lines."""

SERVER_ENDED = "the server has ended ("
"""What the guest's `init` says on the console when it has."""

PORTS = {"tiny": 80, "recommender-a": 8000}
"""On which each server listens in its guest."""


class Machine:
    """A guest on QEMU.

    Args:
        server: what it runs.
        guest: kernel and initial file system.
        folder: for pid file, console and disk; exists.
    """

    def __init__(self, server: str, guest: Guest, folder: Path) -> None:
        self.server = server
        self.guest = guest
        self.folder = folder
        self.process = Process("qemu", folder)
        self._monitor: Monitor | None = None
        self._shell: Shell | None = None

    @property
    def disk(self) -> Path:
        """Its own disk."""
        return self.folder / "disk.qcow2"

    def start(self, hardware: Hardware) -> None:
        """Start QEMU and connect; the guest boots, or goes on from its snapshot.

        Raises:
            LabError: QEMU ended, or did not connect in time.
        """
        with _listening() as monitor, _listening() as shell:
            wires = Wires(_address(monitor), _address(shell), f"{HOST}:0")
            guest, port = self.guest, PORTS[self.server]
            words = qemu.command(self.server, port, guest.kernel, guest.initrd, hardware, wires)
            self.process.start(words, {})
            self._monitor = Monitor(self._accept(monitor))
            self._shell = Shell(self._accept(shell))
        self.port = forwarded_port(self._monitor)

    @property
    def monitor(self) -> Monitor:
        """QEMU's own ear.

        Raises:
            LabError: it was not started.
        """
        return _there(self._monitor)

    @property
    def shell(self) -> Shell:
        """The guest's.

        Raises:
            LabError: it was not started.
        """
        return _there(self._shell)

    def ended(self) -> str | None:
        """How QEMU or its guest's server ended, and the console's end; None while both run."""
        how = f"QEMU {self.process.end}" if self.process.end else ""
        if not how and SERVER_ENDED in self.console():
            how = "QEMU runs, but the server in its guest does not"
        return f"{how}:\n{self.process.last_lines()}" if how else None

    @property
    def has_ended(self) -> bool:
        """Whether QEMU has."""
        return bool(self.process.end)

    @property
    def exit_code(self) -> int:
        """QEMU's.

        Raises:
            LabError: it still runs, or another Python had started it.
        """
        found = re.search(r"\((\d+)\)", self.process.end)
        if found is None:
            raise LabError("asking how QEMU ended", "nobody can know", "wait until it has ended")
        return int(found[1])

    def console(self) -> str:
        """What the guest's kernel said on the first serial line, and QEMU itself."""
        log = self.process.log
        return log.read_text(errors="replace").replace("\r", "") if log.exists() else ""

    def memory(self) -> int:
        """Bytes of this machine's memory that QEMU holds, guest included."""
        return self.process.memory()

    def cpu_seconds(self) -> float:
        """CPU time that QEMU has used so far; 0 if it does not run."""
        process = self.process.running()
        return sum(process.cpu_times()[:2]) if process else 0.0

    def stop(self) -> None:
        """End QEMU: nothing in the guest is worth a shutdown."""
        for line in (self._monitor, self._shell):
            if line is not None:
                line.close()
        self._monitor = self._shell = None
        self.process.stop()

    def _accept(self, listener: socket.socket) -> socket.socket:
        deadline = time.monotonic() + CONNECT_TIMEOUT
        listener.settimeout(0.1)
        while time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                return listener.accept()[0]
            if (how := self.ended()) is not None:
                raise LabError("starting QEMU", how, "read its last words above")
        found = f"it did not connect within {CONNECT_TIMEOUT:g} s"
        raise LabError("starting QEMU", found, "is this machine very busy? Run this again")


def _listening() -> socket.socket:
    return socket.create_server((HOST, 0))


def _address(listener: socket.socket) -> str:
    return f"host={HOST},port={listener.getsockname()[1]}"


def _there(line: Line | None) -> Line:
    if line is None:
        raise LabError("talking to a guest", "it was not started", "start it first")
    return line
