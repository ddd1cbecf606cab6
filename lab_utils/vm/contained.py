"""QEMU in a container that may do nothing else, for a machine that has an engine but no QEMU.

It runs without a privilege, a capability, or a file of its own, and translates (TCG): a guest's
instructions reach no processor. It listens on its lines, and the engine publishes them here.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from docker.models.containers import Container

from lab_utils import docker_engine, images, owners, waiting
from lab_utils.docker_engine import Engine
from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS
from lab_utils.ports import HOST
from lab_utils.vm import disks, qemu
from lab_utils.vm.guest import Guest, quiet
from lab_utils.vm.machine import CONNECT_TIMEOUT, PORTS, Host, Machine
from lab_utils.vm.monitor import Monitor
from lab_utils.vm.qemu import Hardware, Wires
from lab_utils.vm.shell import Shell

GUEST, OWN = "/guest", "/machine"
"""Where it sees the guest's files, and the machine's folder."""

SHELL, MONITOR, WEB = 4441, 4442, 8080
"""Ports inside."""

ROOM_MB = 512
"""What QEMU may use beside its guest's RAM."""

PROCESSES = 64
USER = 10001
"""Whom it runs as where this Python is root's; elsewhere, whoever runs this Python."""

STOP_DEADLINE = 5
"""Seconds QEMU has to end by itself after SIGTERM."""

WAITS = "QEMU waiting for connection on: "
"""What it says, with the line's address, when one of its lines can be connected to."""

LAST_LINES = 12
"""How many of the console end an error."""


class ContainedMachine(Machine):
    """A guest on QEMU in a container.

    Args:
        server: what it runs.
        guest: kernel and initial file system.
        folder: for its disk; exists, and belongs to the container's user from now on.
        engine: where the container runs.
    """

    def __init__(self, server: str, guest: Guest, folder: Path, engine: Engine) -> None:
        super().__init__(server, guest, folder)
        self._engine = engine
        self._container: Container | None = None
        _give(folder)

    def make_disk(self, base: Path | None = None) -> None:
        """Made by the container's qemu-img; an empty one.

        Raises:
            LabError: the disk is to begin with another one, which is not seen there.
        """
        if base is not None:
            found = f"{base.name} is a file of this machine, and not of the container"
            raise LabError("making a disk for QEMU in a container", found, qemu.HOW_TO_GET)
        disk = f"{OWN}/{self.disk.name}"
        words = ("qemu-img", "create", "-q", "-f", "qcow2", disk, f"{disks.EMPTY_MB}M")
        doing = "making a disk in a container"
        with _refusals_told(doing):
            made = self._create(*words)
            try:
                made.start()
                if made.wait()["StatusCode"]:
                    raise LabError(doing, made.logs().decode(), qemu.HOW_TO_GET)
            finally:
                made.remove(force=True)

    def copy_disk(self, kept: Path) -> None:
        """Copied, and given to the container's user."""
        shutil.copyfile(kept, self.disk)
        _give(self.disk)

    def start(self, accelerator: str, memory_mb: int, snapshot: str = "") -> None:
        """QEMU listens and waits, we connect."""
        hardware = Hardware(accelerator, memory_mb, f"{OWN}/{self.disk.name}", snapshot)
        wires = Wires(_listening(MONITOR), _listening(SHELL), f"0.0.0.0:{WEB}")
        kernel, initrd = (f"{GUEST}/{each.name}" for each in (self.guest.kernel, self.guest.initrd))
        words = qemu.command(self.server, PORTS[self.server], kernel, initrd, hardware, wires)
        with _refusals_told("starting QEMU in a container"):
            self._container = self._create(
                *words,
                mem_limit=f"{memory_mb + ROOM_MB}m",
                ports={f"{port}/tcp": (HOST, None) for port in (SHELL, MONITOR, WEB)},
            )
            self._container.start()
        self._shell = Shell(self._connect(SHELL))
        self._monitor = Monitor(self._connect(MONITOR))
        self.port = self._published(WEB)

    @property
    def end(self) -> str:
        """As the container ended."""
        container = self._there()
        container.reload()
        return f"exited ({self._code()})" if container.status == "exited" else ""

    @property
    def exit_code(self) -> int:
        """The container's."""
        if not self.end:
            raise LabError("asking how QEMU ended", "it still runs", "wait until it has ended")
        return self._code()

    def last_lines(self) -> str:
        """The end of the container's log."""
        return "\n".join(self.console().splitlines()[-LAST_LINES:]) or "(it said nothing)"

    def console(self) -> str:
        """The container's log, without QEMU's waiting for us."""
        lines = self._said().replace("\r", "").splitlines(keepends=True)
        return "".join(line for line in lines if WAITS not in line)

    def memory(self) -> int:
        """Of the container's cgroup."""
        return docker_engine.memory_of(self._there())

    def cpu_seconds(self) -> float:
        """Of the container's cgroup."""
        return 0.0 if self.end else docker_engine.cpu_seconds_of(self._there())

    def _end_qemu(self) -> None:
        if self._container is not None:
            self._container.stop(timeout=STOP_DEADLINE)  # its disk may be kept
            self._container.remove(force=True)
            self._container = None

    def _create(self, *words: str, **options: Any) -> Container:
        return self._engine.client.containers.create(
            _image(),
            list(words[1:]),
            entrypoint=list(words[:1]),
            labels={"lab": docker_engine.PROJECT, owners.LABEL: owners.owner()},
            user=_user(),
            read_only=True,
            **docker_engine.HARDENED,
            pids_limit=PROCESSES,
            volumes={
                str(self.guest.folder.resolve()): {"bind": GUEST, "mode": "ro"},
                str(self.folder.resolve()): {"bind": OWN},
            },
            **options,
        )

    def _connect(self, port: int) -> socket.socket:
        """A line to a port that QEMU is seen to wait at: the engine would take any connection."""
        waiting.until(
            lambda: self._not_waiting(port),
            timeout=CONNECT_TIMEOUT,
            doing="starting QEMU in a container",
            next_step="is this machine very busy? Run this again",
        )
        return socket.create_connection((HOST, self._published(port)), CONNECT_TIMEOUT)

    def _not_waiting(self, port: int) -> str | None:
        if self.has_ended:
            found = str(self.ended())
            raise LabError("starting QEMU in a container", found, "read its last words above")
        waits = f"{WAITS}disconnected:tcp:0.0.0.0:{port}"
        return None if waits in self._said() else f"it does not listen on {port} yet"

    def _published(self, port: int) -> int:
        """The port of this machine that a port inside is published on."""
        self._there().reload()
        found = self._there().ports.get(f"{port}/tcp") or []
        if not found:
            raise LabError("looking for QEMU's lines", f"{port} is not published", "run this again")
        return int(found[0]["HostPort"])

    def _said(self) -> str:
        return self._there().logs().decode(errors="replace")

    def _code(self) -> int:
        return int(self._there().attrs["State"]["ExitCode"])

    def _there(self) -> Container:
        if self._container is None:
            raise LabError("looking at QEMU in a container", "it is not up", "start it first")
        return self._container


@dataclass(frozen=True)
class ContainerHost(Host):
    """A container of an engine, for each machine its own."""

    engine: Engine
    where: ClassVar[str] = " in a container"
    memory_how: ClassVar[str] = "the cgroup"
    takes_disks: ClassVar[bool] = False

    @property
    def version(self) -> str:
        """Of the QEMU in the image, which is made if it is not there or not as it should be."""
        return _made(self.engine, _image())

    @property
    def accelerators(self) -> tuple[str, ...]:
        """The processor is asked for nothing."""
        return ("tcg",)

    def machine(self, server: str, guest: Guest, folder: Path) -> ContainedMachine:
        """A container, once it is started."""
        return ContainedMachine(server, guest, folder, self.engine)


def _image() -> str:
    return f"{docker_engine.PROJECT}/qemu"


@functools.cache
def _made(engine: Engine, image: str) -> str:
    """Bring the image up to date, once in the life of this Python; QEMU's version in it.

    Raises:
        LabError: no base image or package can be had.
    """
    engine.build(
        CONTAINERS / "qemu",
        image,
        dockerfile="Dockerfile",
        arguments={"BASE_IMAGE": images.python_base(engine, quiet).name},
        label=f"lab={docker_engine.PROJECT}",
    )
    said = engine.client.containers.run(
        image, ["--version"], entrypoint=[qemu.PROGRAM], remove=True, network_mode="none"
    )
    found = re.search(r"version (\S+)", said.decode())
    if found is None:
        raise LabError("asking QEMU its version", said.decode(), "remove the image, and run again")
    return found[1]


@contextlib.contextmanager
def _refusals_told(doing: str) -> Iterator[None]:
    """What an engine refuses, such as a folder that it may not see, as an error of the lab."""
    try:
        yield
    except docker_engine.FAILURES as error:
        raise LabError(doing, f"the engine refused: {error}", qemu.HOW_TO_GET) from None


def _user() -> str:
    """Whom the container runs as: nobody who is root here."""
    if not hasattr(os, "getuid") or os.getuid() == 0:
        return f"{USER}:{USER}"
    return f"{os.getuid()}:{os.getgid()}"


def _give(path: Path) -> None:
    """Let the container's user own a file or folder, where it is not whoever runs this."""
    if hasattr(os, "getuid") and os.getuid() == 0:
        os.chown(path, USER, USER)


def _listening(port: int) -> str:
    return f"host=0.0.0.0,port={port},server=on,wait=on"
