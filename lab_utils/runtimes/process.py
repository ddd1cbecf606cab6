"""A server as a plain process of this machine: no isolation, nothing to install."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from pathlib import Path
from typing import ClassVar

import psutil

from lab_utils import commands, processes
from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS
from lab_utils.ports import HOST, free_port
from lab_utils.runtimes import leftovers, recommender
from lab_utils.runtimes.base import Inside, Kernel, Kind, Runtime, Server
from lab_utils.vm import guest

PAGE = CONTAINERS / "tiny" / "www"


class Process(Runtime):
    """A server as a plain process of this user, with this machine's files, kernel and network.

    The tiny server is the guest's own busybox on Linux, Python's `http.server` elsewhere.
    """

    kind: ClassVar[Kind] = "process"

    def __init__(self, server: Server = "tiny", *, folder: Path = leftovers.FOLDER) -> None:
        super().__init__(server)
        self._folder = folder
        self._process: processes.Process | None = None
        self._port = 0

    def demand(self) -> None:
        """Train the model where it is the recommender; nothing else is needed."""
        _command(self.server, 0)

    def start(self) -> None:
        """Start it, detached, with a pid file."""
        command, environment = _command(self.server, port := free_port())
        folder = leftovers.new_folder(f"process-{self.server}", self._folder)
        self._process, self._port = processes.Process("server", folder), port
        self._process.start(command, environment)

    def ended(self) -> str | None:
        """How it ended, with the end of its log."""
        how = self._there().end
        return f"{how}:\n{self._there().last_lines()}" if how else None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self._port}"

    def memory(self) -> int:
        """PSS in bytes of it and its children; the resident size where the system tells no PSS."""
        return self._there().memory()

    @property
    def memory_how(self) -> str:
        """By the kernel's count for each process."""
        return "proportional share (PSS) of the process and its children"

    def inside(self) -> Inside:
        """This machine, as every program on it sees it: there is no inside."""
        if sys.platform == "linux":
            return super().inside()
        names = tuple(each.info["name"] for each in psutil.process_iter(["name"]))
        kernel = Kernel(platform.release(), f"up since {psutil.boot_time():.0f}")
        memory = psutil.virtual_memory().total
        return Inside(kernel, names, memory, psutil.cpu_count() or 1)

    def run_inside(self, script: str) -> str:
        """What a script prints that runs on this machine."""
        return commands.run(["sh", "-c", script], doing="running a script on this machine").stdout

    def image_bytes(self) -> int:
        """Bytes of the program file, or for Python and the recommender, of this environment."""
        command, _ = _command(self.server, 0)
        if Path(command[0]) == Path(sys.executable):
            files = Path(sys.prefix).rglob("*")
            return sum(path.stat().st_size for path in files if path.is_file())
        return Path(command[0]).stat().st_size

    def stop(self) -> None:
        """End it and its children."""
        if self._process is not None:
            leftovers.remove(self._process.folder)
            self._process = None

    def _there(self) -> processes.Process:
        if self._process is None:
            raise LabError(f"looking at {self.server}", "it is not up", "start it first")
        return self._process


def _command(server: Server, port: int) -> tuple[list[str], dict[str, str]]:
    """The words that start a server, and the variables it wants."""
    if server == "recommender-a":
        words = [sys.executable, "-P", "-m", recommender.PACKAGE, "serve"]
        return words, recommender.environment(recommender.model(), port)
    if (busybox := _busybox()) is not None:
        words = [str(busybox), "httpd", "-f", "-p", f"{HOST}:{port}", "-h", str(PAGE)]
    else:
        words = [sys.executable, "-m", "http.server", "-b", HOST, "-d", str(PAGE), str(port)]
    return words, {}


@cache
def _busybox() -> Path | None:
    """The guest's busybox where this machine runs it; None where it does not, or has it not."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return None
    try:
        busybox = guest.tiny().busybox
    except LabError:
        return None
    return busybox if os.access(busybox, os.X_OK) else None
