"""Programs that go on in the background, remembered in files so that any command can end them.

What is running is remembered in a pid file with the process's start time, so that a later
command finds it, and never takes a stranger who was given the same pid for ours. Each process
also carries the pid file's name in its environment: where the file is lost, that finds it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "LAB_PROCESS_OF"
"""The environment variable of a process of ours, and of all it starts, that names its pid file."""

_CHILDREN: dict[Path, subprocess.Popen[bytes]] = {}
"""By pid file, what this very Python started: how it ended is told to its parent alone."""

FULL = 2**16
"""Bytes of free disk under which a log may lack lines."""

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

    @property
    def _mark(self) -> Path:
        return self.folder.resolve() / self._pid_file.name

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it detached from this terminal, its variables added to ours.

        Raises:
            OSError: it cannot be started, or not be remembered; then it does not run.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with self.log.open("wb") as log, self._pid_file.open("w") as pid_file:
                child = _CHILDREN[self._pid_file] = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **environment, MARK: str(self._mark)},
                    start_new_session=True,
                )
                started = psutil.Process(child.pid).create_time()
                json.dump({"pid": child.pid, "started": started}, pid_file)
        except BaseException:
            if started_anyway := _CHILDREN.get(self._pid_file):
                started_anyway.kill()
                started_anyway.wait()
            self.stop()
            raise

    def running(self) -> psutil.Process | None:
        """The process, if that very one still runs."""
        try:
            known = json.loads(self._pid_file.read_text())
            pid, started = known["pid"], known["started"]
        except (OSError, ValueError, KeyError, TypeError):
            return next((each for _, each in _marked(self._mark)), None)
        try:
            process = psutil.Process(pid)
            same = process.create_time() == started
            alive = process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
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
        code = None
        if child := _CHILDREN.get(self._pid_file):
            # its first thread has ended; while others still do, nobody is told how
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = child.wait(STOP_DEADLINE)
        if code is None:
            return "exited"
        return f"exited ({code if code >= 0 else 128 - code})"

    def memory(self) -> int:
        """Bytes of memory that it and its children hold now; 0 if it does not run.

        Their proportional share (PSS) where the system tells it (Linux), so that what several
        share counts once; else the resident size.
        """
        process = self.running()
        if process is None:
            return 0
        return sum(_memory(each) for each in [process, *process.children(recursive=True)])

    def stop(self) -> bool:
        """End it and all its children, politely first; False if none of them was running."""
        process = self.running()
        found = [*([process] if process else []), *(each for _, each in _marked(self._mark))]
        _end(found)
        with contextlib.suppress(FileNotFoundError):
            self._pid_file.unlink()
        _CHILDREN.pop(self._pid_file, None)
        return bool(found)

    def kill(self) -> None:
        """End it and all its children at once, as a crash would; `end` then says how it ended."""
        process = self.running()
        found = [*([process] if process else []), *(each for _, each in _marked(self._mark))]
        for each in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        if child := _CHILDREN.get(self._pid_file):
            child.wait(STOP_DEADLINE)  # before psutil does: the exit code is told once
        psutil.wait_procs(found, timeout=STOP_DEADLINE)

    def last_lines(self, count: int = 12) -> str:
        """The end of its log, with a word if the disk may have kept it from saying more."""
        said = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        full = self.folder.exists() and shutil.disk_usage(self.folder).free < FULL
        lost = ["(the disk is full: what else it said may be lost)"] if full else []
        return "\n".join([*said[-count:], *lost]) or "(it said nothing)"


def _memory(process: psutil.Process) -> int:
    try:
        return int(getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss)
    except psutil.NoSuchProcess:  # a child that has just ended
        return 0


def end_marked(below: Path) -> list[str]:
    """End every process of ours whose pid file is or was anywhere below a folder.

    Returns:
        The names of what ran.
    """
    found = _marked(below.resolve())
    _end(process for _, process in found)
    return sorted({name for name, _ in found})


def _marked(place: Path) -> list[tuple[str, psutil.Process]]:
    """Processes whose mark is `place` or a path in it, each with its name, the oldest first."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # a stranger's, which we may not look into
            mark = Path(process.environ().get(MARK, os.devnull))
            if mark.is_relative_to(place):
                found.append((process.create_time(), process.pid, mark.stem, process))
    return [(name, process) for *_, name, process in sorted(found, key=lambda each: each[:2])]


def _end(found: Iterable[psutil.Process]) -> None:
    """End processes and their children: asked one after the other, and none waited for twice."""
    family: dict[int, psutil.Process] = {}
    for process in found:
        if process.pid in family:
            continue  # a child: its parent ends it in good order
        with contextlib.suppress(psutil.NoSuchProcess):
            family |= {each.pid: each for each in [process, *process.children(recursive=True)]}
            process.terminate()
            if process.status() == psutil.STATUS_STOPPED:
                process.resume()  # paused: it hears nothing before it goes on
    _, stubborn = psutil.wait_procs(list(family.values()), timeout=STOP_DEADLINE)
    for each in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(stubborn, timeout=STOP_DEADLINE)
