"""One QEMU with one guest, and the lines to both; wherever QEMU runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, TypeVar

from lab_utils.errors import LabError
from lab_utils.vm.guest import Guest
from lab_utils.vm.monitor import Monitor
from lab_utils.vm.shell import Shell

Line = TypeVar("Line", Monitor, Shell)

CONNECT_TIMEOUT = 30.0
"""Seconds QEMU has to come up itself and to connect both lines."""

SERVER_ENDED = "the server has ended ("
"""What the guest's `init` says on the console when it has."""

PORTS = {"tiny": 80, "recommender-a": 8000}
"""On which each server listens in its guest."""


class Machine(ABC):
    """A guest on QEMU.

    Args:
        server: what it runs.
        guest: kernel and initial file system.
        folder: of this machine alone; exists.
    """

    def __init__(self, server: str, guest: Guest, folder: Path) -> None:
        self.server = server
        self.guest = guest
        self.folder = folder
        self.port = 0
        self._monitor: Monitor | None = None
        self._shell: Shell | None = None

    @property
    def disk(self) -> Path:
        """Its own disk."""
        return self.folder / "disk.qcow2"

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
        how = f"QEMU {end}" if (end := self.end) else ""
        if not how and SERVER_ENDED in self.console():
            how = "QEMU runs, but the server in its guest does not"
        return f"{how}:\n{self.last_lines()}" if how else None

    @property
    def has_ended(self) -> bool:
        """Whether QEMU has."""
        return bool(self.end)

    def stop(self) -> None:
        """End QEMU: nothing in the guest is worth a shutdown."""
        for line in (self._monitor, self._shell):
            if line is not None:
                line.close()
        self._monitor = self._shell = None
        self._end_qemu()

    @abstractmethod
    def make_disk(self, base: Path | None = None) -> None:
        """Make its own disk: empty, or a raw `base` beside which it keeps what is changed."""

    @abstractmethod
    def copy_disk(self, kept: Path) -> None:
        """Make its own disk as another one is, snapshots included."""

    @abstractmethod
    def start(self, accelerator: str, memory_mb: int, snapshot: str = "") -> None:
        """Start QEMU and connect; the guest boots, or goes on from its snapshot.

        Args:
            accelerator: what runs the guest's instructions.
            memory_mb: RAM of the guest.
            snapshot: name of one in its disk; empty: boot.

        Raises:
            LabError: QEMU ended, or did not connect in time.
        """

    @property
    @abstractmethod
    def end(self) -> str:
        """How QEMU ended: `exited (1)`; empty while it runs."""

    @property
    @abstractmethod
    def exit_code(self) -> int:
        """QEMU's.

        Raises:
            LabError: it still runs, or nobody can know.
        """

    @abstractmethod
    def last_lines(self) -> str:
        """The end of the console."""

    @abstractmethod
    def console(self) -> str:
        """What the guest's kernel said on the first serial line, and QEMU itself."""

    @abstractmethod
    def memory(self) -> int:
        """Bytes of this machine's memory that QEMU holds, guest included."""

    @abstractmethod
    def cpu_seconds(self) -> float:
        """CPU time that QEMU has used so far; 0 if it does not run."""

    @abstractmethod
    def _end_qemu(self) -> None:
        """End it."""


class Host(ABC):
    """Where QEMU runs.

    Attributes:
        where: to be read after what runs there; empty for this machine itself.
        memory_how: how a machine's memory is counted there, to be read before "of QEMU".
        takes_disks: whether a guest there may begin with a disk that was made here.
    """

    where: ClassVar[str]
    memory_how: ClassVar[str]
    takes_disks: ClassVar[bool]

    @property
    def name(self) -> str:
        """QEMU as it is there: `QEMU 7.2.22`, `QEMU 10.0.2 in a container`."""
        return f"QEMU {self.version}{self.where}"

    @property
    @abstractmethod
    def version(self) -> str:
        """Of QEMU.

        Raises:
            LabError: there it would have to be made first, and cannot.
        """

    @property
    @abstractmethod
    def accelerators(self) -> tuple[str, ...]:
        """What may run a guest's instructions there, the fastest first."""

    @abstractmethod
    def machine(self, server: str, guest: Guest, folder: Path) -> Machine:
        """A machine there, not yet started."""


def _there(line: Line | None) -> Line:
    if line is None:
        raise LabError("talking to a guest", "it was not started", "start it first")
    return line
