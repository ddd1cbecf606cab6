"""A server in a virtual machine of QEMU: its own kernel on hardware that is a program."""

from __future__ import annotations

import functools
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from filelock import FileLock

from lab_utils import waiting
from lab_utils.errors import LabError
from lab_utils.ports import HOST
from lab_utils.runtimes import leftovers, recommender_disk
from lab_utils.runtimes.base import Kind, Runtime, Server, Unavailable
from lab_utils.vm import accelerator, disks, guest, hosts, qemu
from lab_utils.vm.contained import ContainerHost
from lab_utils.vm.machine import Host, Machine

MEMORY_MB: dict[Server, int] = {"tiny": accelerator.MEMORY_MB, "recommender-a": 512}
"""RAM of each guest."""

READY_TIMEOUT = 180.0
"""Seconds for the slowest: the recommender's guest with TCG on a busy machine."""

LOOK = 0.5
"""Seconds between two looks whether QEMU still runs while a guest boots."""

WARM = "ready"
"""Name of the snapshot that warm starts begin from."""

PANIC = "echo c > /proc/sysrq-trigger"
PANIC_TIMEOUT = 60.0


@dataclass(frozen=True)
class Panic:
    """How a guest's kernel died.

    Attributes:
        last_words: what it said on its serial line, from the first line about the panic on.
        exit_code: that QEMU ended with.
    """

    last_words: tuple[str, ...]
    exit_code: int


class VirtualMachine(Runtime):
    """A server in a guest of its own.

    Args:
        server: which one.
        warm: start from a snapshot of the guest when it had just become ready (made at first use)
            instead of booting.
        folder: for what belongs to this guest while it runs.
        host: where QEMU runs; by default this machine, else a container on it.
    """

    kind: ClassVar[Kind] = "vm"

    def __init__(
        self,
        server: Server = "tiny",
        *,
        warm: bool = False,
        folder: Path = leftovers.FOLDER,
        host: Host | None = None,
    ) -> None:
        super().__init__(server)
        self.warm = warm
        self._named_host = host
        self._folder = folder
        self._machine: Machine | None = None
        self._accelerator = ""
        self._snapshots: set[str] = set()

    @property
    def accelerator(self) -> str:
        """What runs its instructions: `kvm`, `hvf`, `whpx`, `tcg`; empty before it is started.

        Where QEMU itself runs in a container, `tcg in a container`.
        """
        return self._accelerator

    @property
    def ready_timeout(self) -> float:
        """Seconds from the start after which it is given up."""
        return READY_TIMEOUT

    def demand(self) -> None:
        """QEMU, here or in a container, a guest that boots on it, and the server's disk.

        Raises:
            Unavailable: one of them cannot be had here.
        """
        if isinstance(self._host, ContainerHost):
            leftovers.sweep_containers(self._host.engine)
        chosen = self._choose_accelerator()
        try:
            self._base()
            if self.warm:
                self._warm_disk(chosen)
        except LabError as error:
            raise Unavailable(error.doing, error.found, error.next_step) from None

    def start(self) -> None:
        """Start QEMU, which boots the guest or, warm, goes on from the snapshot."""
        chosen = self._choose_accelerator()
        base = self._base()
        warm = self._warm_disk(chosen) if self.warm else None
        self._machine = machine = self._new_machine()
        if warm:
            machine.copy_disk(warm)
        else:
            machine.make_disk(base)
        self._accelerator = f"{chosen}{self._host.where}"
        self._snapshots = {WARM} if warm else set()
        machine.start(chosen, MEMORY_MB[self.server], WARM if warm else "")

    def wait_ready(self) -> None:
        """Wait until the guest says that it is up, then until its server answers."""
        machine = self._there()

        def missing() -> str | None:
            up = self.warm or machine.shell.is_ready(within=LOOK)
            if (how := self.ended()) is not None:
                raise LabError(f"booting a guest for {self.server}", how, "read its last words")
            return None if up else f"the guest has not said that it is up:\n{machine.console()}"

        waiting.until(
            missing,
            timeout=self.ready_timeout,
            doing=f"booting a guest for {self.server}",
            next_step="is this machine very busy? Run this again",
        )
        super().wait_ready()

    def ended(self) -> str | None:
        """How QEMU ended, with the end of what the guest said on its serial line."""
        return self._there().ended()

    @property
    def url(self) -> str:
        """Where it answers on this machine: QEMU forwards the guest's port."""
        return f"http://{HOST}:{self._there().port}"

    def memory(self) -> int:
        """Bytes that QEMU holds, guest included."""
        return self._there().memory()

    @property
    def memory_how(self) -> str:
        """As QEMU's memory can be counted where it runs."""
        counted = f"{self._host.memory_how} of QEMU"
        return f"{counted}, the guest's memory included as far as it was touched"

    def cpu_seconds(self) -> float:
        """CPU time that QEMU has used so far."""
        return self._there().cpu_seconds()

    def run_inside(self, script: str) -> str:
        """What a script prints in the guest, sent and read through its serial line."""
        return self._there().shell.run(script)

    def image_bytes(self) -> int:
        """Bytes of kernel, initial file system and, for the recommender, disk."""
        base = self._base()
        return guest.tiny().image_bytes + (disks.used_bytes(base) if base else 0)

    def stop(self) -> None:
        """End QEMU and remove the guest's own disk."""
        if self._machine is not None:
            self._machine.stop()
            leftovers.remove(self._machine.folder)
            self._machine = None

    def snapshot(self, name: str = "saved") -> None:
        """Save memory, processors, devices and disk under a name; the guest goes on."""
        self._there().monitor.say(f"savevm {_word(name)}")
        self._snapshots.add(name)

    def restore(self, name: str = "saved") -> None:
        """Roll all of it back to a snapshot; what happened since has not.

        Raises:
            LabError: there is no snapshot of that name.
        """
        machine = self._there()
        if name not in self._snapshots:  # asked for one that is not there, QEMU stops the guest
            known = ", ".join(sorted(self._snapshots)) or "none was taken"
            raise LabError(
                "rolling a guest back", f"it has no snapshot {name!r}", f"name one of: {known}"
            )
        machine.monitor.say(f"loadvm {name}")

    def console(self) -> str:
        """Everything the guest's kernel said on its serial line so far."""
        return self._there().console()

    def panic(self) -> Panic:
        """Crash the guest's kernel, asked for through its serial line and in no other way."""
        machine = self._there()
        machine.shell.send(PANIC)
        waiting.until(
            lambda: None if machine.has_ended else "QEMU still runs",
            timeout=PANIC_TIMEOUT,
            doing="waiting for the guest's kernel to panic",
            next_step="`vm.stop()` ends it",
            details=machine.console,
        )
        lines = machine.console().splitlines()
        first = next(n for n, line in enumerate(lines) if "sysrq" in line or "panic" in line)
        return Panic(tuple(lines[first:]), machine.exit_code)

    @functools.cached_property
    def _host(self) -> Host:
        """Where QEMU runs.

        Raises:
            Unavailable: nowhere.
        """
        try:
            return self._named_host or hosts.find()
        except LabError as error:
            raise Unavailable(error.doing, error.found, error.next_step) from None

    def _base(self) -> Path | None:
        """The disk that this server's guests begin with; None where it is an empty one."""
        if self.server != "recommender-a":
            return None
        if not self._host.takes_disks:
            raise Unavailable(
                f"making a disk for {self.server}",
                f"QEMU runs{self._host.where} here, which has the tiny server's guest only",
                qemu.HOW_TO_GET,
            )
        return recommender_disk.disk()

    def _choose_accelerator(self) -> str:
        try:
            found = accelerator.probe(guest.tiny(), self._host)
        except LabError as error:
            raise Unavailable(error.doing, error.found, error.next_step) from None
        if not found.name:
            refused = "; ".join(f"{name}: {why}" for name, why in found.refused.items())
            raise Unavailable("booting a guest", refused, accelerator.AGAIN)
        # not every accelerator can save a guest
        return found.name if found.name in accelerator.KEEPS_SNAPSHOTS else "tcg"

    def _new_machine(self) -> Machine:
        folder = leftovers.new_folder(f"vm-{self.server}", self._folder)
        return self._host.machine(self.server, guest.tiny(), folder)

    def _warm_disk(self, chosen: str) -> Path:
        """A disk with the snapshot of a guest that is ready; made at first use."""
        about = f"{self.server}-{chosen}-{self._host.version}-{guest.tiny().folder.name}"
        kept = guest.CACHE / f"warm-{about}.qcow2"
        with FileLock(guest.CACHE / "warm.lock"):
            if not kept.exists():
                with VirtualMachine(self.server, folder=self._folder, host=self._host) as cold:
                    cold.snapshot(WARM)
                    cold._there().monitor.say("stop")
                    machine = cold._there()
                    machine.stop()
                    shutil.move(machine.disk, kept)
        return kept

    def _there(self) -> Machine:
        if self._machine is None:
            raise LabError(f"looking at {self.server} in a vm", "it is not up", "start it first")
        return self._machine


def _word(name: str) -> str:
    """A snapshot's name as the monitor takes it.

    Raises:
        LabError: it is not one plain word.
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise LabError("naming a snapshot", f"{name!r} is not one word", "use letters and digits")
    return name
