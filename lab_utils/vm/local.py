"""QEMU on this machine: a process with a pid file, which connects both its lines to us."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import ClassVar

from lab_utils.errors import LabError
from lab_utils.ports import HOST
from lab_utils.processes import Process
from lab_utils.vm import disks, qemu
from lab_utils.vm.guest import Guest
from lab_utils.vm.machine import CONNECT_TIMEOUT, PORTS, Host, Machine
from lab_utils.vm.monitor import Monitor, forwarded_port
from lab_utils.vm.qemu import Hardware, Wires
from lab_utils.vm.shell import Shell

NATIVE = {"linux": "kvm", "darwin": "hvf", "win32": "whpx"}
"""By system, what lets the processor run a guest's instructions."""


class LocalMachine(Machine):
    """A guest on this machine's QEMU."""

    def __init__(self, server: str, guest: Guest, folder: Path) -> None:
        super().__init__(server, guest, folder)
        self.process = Process("qemu", folder)

    def make_disk(self, base: Path | None = None) -> None:
        """Made by this machine's qemu-img."""
        disks.make(self.disk, base)

    def copy_disk(self, kept: Path) -> None:
        """Copied."""
        shutil.copyfile(kept, self.disk)

    def start(self, accelerator: str, memory_mb: int, snapshot: str = "") -> None:
        """We listen, QEMU connects."""
        hardware = Hardware(accelerator, memory_mb, str(self.disk), snapshot)
        with _listening() as monitor, _listening() as shell:
            wires = Wires(_address(monitor), _address(shell), f"{HOST}:0")
            guest, port = self.guest, PORTS[self.server]
            words = qemu.command(self.server, port, guest.kernel, guest.initrd, hardware, wires)
            self.process.start(words, {})
            self._monitor = Monitor(self._accept(monitor))
            self._shell = Shell(self._accept(shell))
        self.port = forwarded_port(self._monitor)

    @property
    def end(self) -> str:
        """As the process ended."""
        return self.process.end

    @property
    def exit_code(self) -> int:
        """Known to the Python that started it, alone."""
        found = re.search(r"\((\d+)\)", self.end)
        if found is None:
            raise LabError("asking how QEMU ended", "nobody can know", "wait until it has ended")
        return int(found[1])

    def last_lines(self) -> str:
        """The end of the process's log."""
        return self.process.last_lines()

    def console(self) -> str:
        """The process's log."""
        log = self.process.log
        return log.read_text(errors="replace").replace("\r", "") if log.exists() else ""

    def memory(self) -> int:
        """PSS of the process."""
        return self.process.memory()

    def cpu_seconds(self) -> float:
        """Of the process."""
        process = self.process.running()
        return sum(process.cpu_times()[:2]) if process else 0.0

    def _end_qemu(self) -> None:
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


class LocalHost(Host):
    """This machine."""

    where: ClassVar[str] = ""
    memory_how: ClassVar[str] = "proportional share (PSS)"
    takes_disks: ClassVar[bool] = True

    @property
    def version(self) -> str:
        """Of this machine's QEMU."""
        found = qemu.version()
        if found is None:
            raise LabError("looking for QEMU", "this machine has none", qemu.HOW_TO_GET)
        return found

    @property
    def accelerators(self) -> tuple[str, ...]:
        """The processor, where it is of the guest's kind and may be asked; TCG everywhere."""
        same = platform.machine().lower() in ("x86_64", "amd64")
        native = NATIVE.get(sys.platform, "")
        usable = native != "kvm" or os.access("/dev/kvm", os.R_OK | os.W_OK)
        return (native, "tcg") if native and same and usable else ("tcg",)

    def machine(self, server: str, guest: Guest, folder: Path) -> LocalMachine:
        """A process, once it is started."""
        return LocalMachine(server, guest, folder)


def _listening() -> socket.socket:
    return socket.create_server((HOST, 0))


def _address(listener: socket.socket) -> str:
    return f"host={HOST},port={listener.getsockname()[1]}"
