"""What a runtime leaves behind whose Python has died, found by the next one that starts.

Each runtime that is up has a folder of its own below `FOLDER`, with a pid file for what runs in
it and a note of who started it; a container has the same note as a label.
"""

from __future__ import annotations

import atexit
import contextlib
import secrets
import shutil
from pathlib import Path

from lab_utils import docker_engine
from lab_utils.docker_engine import Engine
from lab_utils.owners import LABEL, lives, owner
from lab_utils.paths import STATE
from lab_utils.processes import Process

FOLDER = STATE / "runtimes"
NOTE = "owner.json"


def new_folder(name: str, below: Path) -> Path:
    """A folder for one runtime, noted as ours; what the dead have left in `below` goes first."""
    sweep(below)
    folder = below / f"{name}-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    (folder / NOTE).write_text(owner(), encoding="utf-8")
    atexit.register(_remove_mine, folder)
    return folder


def sweep(below: Path) -> list[str]:
    """End and remove what the dead have left in a folder of runtimes; its names."""
    left = [note.parent for note in below.glob(f"*/{NOTE}") if not lives(note.read_text())]
    for folder in left:
        remove(folder)
    return sorted(folder.name for folder in left)


def remove(folder: Path) -> None:
    """End what runs with a pid file in a runtime's folder, and remove the folder."""
    for pid_file in folder.glob("*.json"):
        if pid_file.name != NOTE:
            Process(pid_file.stem, folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def _remove_mine(folder: Path) -> None:
    """At the end of this Python, but not of one that was forked from it."""
    with contextlib.suppress(FileNotFoundError):
        if (folder / NOTE).read_text() == owner():
            remove(folder)


def sweep_containers(engine: Engine) -> list[str]:
    """Remove the containers of runtimes whose Python has died; their names."""
    removed = []
    for container in engine.containers(docker_engine.PROJECT):
        noted = container.labels.get(LABEL)
        if noted and not lives(noted):
            with contextlib.suppress(*docker_engine.FAILURES):  # somebody else was quicker
                container.remove(force=True, v=True)
                removed.append(str(container.name))
    return sorted(removed)
