"""A container of an image, started to see whether it answers and how it stops; then removed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from docker.models.containers import Container

from lab_utils import waiting
from lab_utils.docker_engine import clock
from lab_utils.docker_engine.engine import Engine

LAST_LINES = 12


@dataclass(frozen=True)
class Trial:
    """How a container of an image behaved.

    Attributes:
        answered: whether it answered before it was told to stop.
        exit_code: of its first process.
        seconds: from SIGTERM to its end.
        said: its last lines.
    """

    answered: bool
    exit_code: int
    seconds: float
    said: str


def try_out(
    engine: Engine,
    image: str,
    labels: Mapping[str, str],
    *,
    port: int = 8000,
    path: str = "/healthz",
    patience: float = 15.0,
    grace: int = 2,
) -> Trial:
    """Start a container, ask it for a page, stop it, and remove it.

    Args:
        engine: where the image is.
        image: its name.
        labels: for the container.
        port: on which it listens inside.
        path: of the page.
        patience: seconds it may take until it answers.
        grace: seconds it has between SIGTERM and SIGKILL.
    """
    box = engine.client.containers.run(
        image, detach=True, labels=dict(labels), ports={f"{port}/tcp": ("127.0.0.1", 0)}
    )
    try:
        answered = _answers(box, port, path, patience)
        # By the engine's clock alone: a busy machine takes a second for clearing up after the end.
        told = clock.seconds(engine.client.info()["SystemTime"])
        box.stop(timeout=grace)
        box.reload()
        seconds = max(0.0, clock.seconds(box.attrs["State"]["FinishedAt"]) - told)
        exit_code = int(box.wait()["StatusCode"])
        said = box.logs(tail=LAST_LINES).decode(errors="replace").strip()
        return Trial(answered, exit_code, seconds, said)
    finally:
        box.remove(force=True, v=True)


def _answers(box: Container, port: int, path: str, patience: float) -> bool:
    """Whether it answers before it ends, or the time is up."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        box.reload()
        if box.status == "exited":
            return False
        published = (box.ports.get(f"{port}/tcp") or [{}])[0].get("HostPort")
        if published and waiting.answer(f"http://127.0.0.1:{published}{path}") is not None:
            return True
        time.sleep(waiting.PAUSE)
    return False
