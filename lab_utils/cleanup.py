"""Removing everything the lab made on this machine, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from lab_utils import docker_engine
from lab_utils.docker_engine import PROJECT, Engine
from lab_utils.paths import RESULTS, STATE
from lab_utils.runtimes.process import Process
from lab_utils.stack.base import Stack
from lab_utils.stack.containers import ContainerStack
from lab_utils.stack.processes import ProcessStack

Say = Callable[[str], None]


def clean(say: Say, *, project: str = PROJECT, state: Path = STATE) -> list[str]:
    """Stop and remove processes, containers, volumes, networks and images of ours.

    What a user made is kept: the folder `results/`, and an event log still in a volume is
    copied there first. The engine's build cache is shared with other projects and stays.

    Args:
        say: told what is kept, and where.
        project: whose label marks what is ours.
        state: the folder of ours that is emptied.

    Returns:
        What was removed, as `kind name`.
    """
    processes = ProcessStack(folder=state / "processes")
    _keep_events(processes, say)
    processes.down(lambda _line: None)
    removed = _end_benchmarks(state) + _clean_engine(say, project)
    if state.exists():
        shutil.rmtree(state)
        removed.append(f"folder {state.name}")
    return removed


def _end_benchmarks(state: Path) -> list[str]:
    """End what a benchmark that was killed has left running."""
    found = [Process(path.stem, path.parent) for path in state.glob("bench-*/*.json")]
    return [f"process {process.name}" for process in found if process.stop()]


def _clean_engine(say: Say, project: str) -> list[str]:
    try:
        engine: Engine = docker_engine.find()
    except docker_engine.EngineUnavailable as missing:
        if missing.reason == "permission":
            raise
        say(f"no Docker Engine to clean: {missing.found}")
        return []
    _keep_events(ContainerStack(engine, project=project), say)
    return engine.remove_all(project)


def _keep_events(stack: Stack, say: Say) -> None:
    """Copy a stack's event log into `results/`, unless it is empty."""
    data = stack.event_log()
    if not data:
        return
    folder = RESULTS / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{stack.kind}-kept"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.jsonl").write_bytes(data)
    say(f"kept the event log in {folder.relative_to(RESULTS.parent)}")
