"""A service as a plain process of this machine: no isolation, nothing to install.

What is running is remembered in a pid file with the process's start time, so that a later
command finds it, and never takes a stranger who was given the same pid for ours.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_CHILDREN: dict[Path, subprocess.Popen[bytes]] = {}
"""By pid file, what this very Python started: how it ended is told to its parent alone."""

STOP_DEADLINE = 10.0
"""Seconds a process has to end by itself after SIGTERM, as Docker gives it."""


@dataclass(frozen=True)
class Process:
    """A named process whose pid file and log are in `folder`.

    Attributes:
        name: what it is called in messages and files.
        folder: where `<name>.json` (pid file) and `<name>.log` (both its streams) are.
    """

    name: str
    folder: Path

    @property
    def log(self) -> Path:
        """Everything it said since it was last started."""
        return self.folder / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.json"

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it detached from this terminal, its variables added to ours."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        _CHILDREN[self._pid_file] = child
        started = psutil.Process(child.pid).create_time()
        self._pid_file.write_text(json.dumps({"pid": child.pid, "started": started}))

    def running(self) -> psutil.Process | None:
        """The process, if that very one still runs."""
        try:
            known = json.loads(self._pid_file.read_text())
            process = psutil.Process(known["pid"])
            same = process.create_time() == known["started"]
            alive = process.status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, KeyError, psutil.Error):
            return None
        return process if same and alive else None

    @property
    def end(self) -> str:
        """How it ended that was started and not stopped: `exited (137)`; empty if it was not.

        Without a number if an earlier command had started it; with the one that Docker gives,
        128 and the signal's number, if a signal ended it.
        """
        if self.running() or not self._pid_file.exists():
            return ""
        child = _CHILDREN.get(self._pid_file)
        code = child.poll() if child else None
        if code is None:
            return "exited"
        return f"exited ({code if code >= 0 else 128 - code})"

    def stop(self) -> bool:
        """End it and all its children, politely first; False if it was not running."""
        process = self.running()
        if process is not None:
            family = [process, *process.children(recursive=True)]
            process.terminate()
            _, stubborn = psutil.wait_procs(family, timeout=STOP_DEADLINE)
            for each in stubborn:
                each.kill()
            psutil.wait_procs(stubborn, timeout=STOP_DEADLINE)
        self._pid_file.unlink(missing_ok=True)
        _CHILDREN.pop(self._pid_file, None)
        return process is not None

    def last_lines(self, count: int = 12) -> str:
        """The end of its log."""
        said = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(said[-count:]) or "(it said nothing)"
