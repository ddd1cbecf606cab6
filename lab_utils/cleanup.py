"""Removing everything the lab made on this machine, and nothing else."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lab_utils import busy, docker_engine, images
from lab_utils.docker_engine import PROJECT, EngineUnavailable
from lab_utils.paths import RESULTS, STATE
from lab_utils.processes import Process, end_marked
from lab_utils.stack.base import BALANCERS, Stack
from lab_utils.stack.containers import ContainerStack
from lab_utils.stack.processes import ProcessStack

Say = Callable[[str], None]


@dataclass(frozen=True)
class Cleaned:
    """What a cleaning did.

    Attributes:
        removed: what is gone, as `kind name`.
        kept: images that stay because others need them, each with who does.
        unseen: why nobody could look into a Docker Engine that may hold more; None if all is seen.
    """

    removed: list[str]
    kept: list[str]
    unseen: EngineUnavailable | None


def clean(say: Say, *, project: str = PROJECT, state: Path = STATE) -> Cleaned:
    """Stop and remove processes, containers, volumes, networks and images of ours.

    What a user made is kept: the folder `results/`, and an event log still in a volume is
    copied there first. The engine's build cache is shared with other projects and stays.

    Args:
        say: told what is kept, and where.
        project: whose label marks what is ours.
        state: the folder of ours that is emptied.

    Raises:
        LabError: another command of this checkout is at work, or the containers are those of
            another checkout.
    """
    with busy.alone(state):
        processes = ProcessStack(folder=state / "processes")
        _keep_events(processes, say)
        processes.down(lambda _line: None)
        removed, kept = _end_benchmarks(state), list[str]()
        try:
            removed += _clean_engine(say, project, kept)
            unseen = None
        except EngineUnavailable as missing:
            unseen = missing if missing.reason != "missing" else None
        removed += _empty(state)
    (state / busy.LOCK).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # another command has begun meanwhile: the folder is its own
        state.rmdir()
    return Cleaned(removed, kept, unseen)


def _end_benchmarks(state: Path) -> list[str]:
    """End what a benchmark that was killed has left running, and all that carries our mark."""
    found = [Process(path.stem, path.parent) for path in state.glob("bench-*/*.json")]
    stopped = [process.name for process in found if process.stop()]
    return [f"process {name}" for name in [*stopped, *end_marked(state)]]


def _clean_engine(say: Say, project: str, kept: list[str]) -> list[str]:
    engine = docker_engine.find(with_compose=False)
    ContainerStack(engine, project=project).demand_ours("cleaning up")
    for balancer in BALANCERS:
        _keep_events(ContainerStack(engine, project=project, balancer=balancer), say)
    return engine.remove_all(project, bases=images.MADE, kept=kept.append)


def _empty(state: Path) -> list[str]:
    """Remove all in the folder but the lock, which is held."""
    found = [path for path in state.iterdir() if path.name != busy.LOCK]
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return [f"folder {state.name}"] if found else []


def _keep_events(stack: Stack, say: Say) -> None:
    """Copy a stack's event log into `results/`, unless it is empty."""
    data = stack.event_log()
    if not data:
        return
    folder = RESULTS / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{stack.kind}-kept"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.jsonl").write_bytes(data)
    say(f"kept the event log in {folder.relative_to(RESULTS.parent)}")
