"""What the judges of notebook 02 look at: the engine, as it is when they look.

Each raises `EngineUnavailable` where no engine answers: then nothing can be judged, and the check
says so.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from lab_utils import build_log, docker_engine, images, workbench
from lab_utils.build_log import Build
from lab_utils.docker_engine import PROJECT, ContainerFacts, Engine, ImageFacts
from lab_utils.docker_engine.trial import Trial, try_out
from lab_utils.recorded import Tape
from lab_utils.terminal import Terminal

LESSON = "images_and_containers"
APP = "hello"


def image(name: str) -> ImageFacts | None:
    """An image; None if there is none of that name."""
    return _engine().image(name)


def base() -> ImageFacts:
    """The image that ours are built on."""
    engine = _engine()
    found = engine.image(images.python_base(engine, lambda _words: None).name)
    if found is None:
        raise LookupError("the base image has gone")
    return found


def container(name: str) -> ContainerFacts | None:
    """A container; None if there is none of that name."""
    return _engine().container(name)


def trial(name: str) -> Trial:
    """How a container of an image answers, and how it stops."""
    labels = {"lab": PROJECT, "lab.lesson": LESSON}
    return try_out(_engine(), name, labels)


def visits(name: str) -> tuple[int, int]:
    """Visits in a container's file, and those it has answered itself, as its log shows."""
    engine = _engine()
    counted = engine.copy_out(name, "/data/visits").decode().strip()
    log = engine.client.containers.get(name).logs().decode(errors="replace")
    return int(counted), len(re.findall(r'"GET / HTTP', log))


def rebuilt(dockerfile: str) -> tuple[Build, Build]:
    """Two builds with a Dockerfile of the workbench: as all is, then with another `app.py`.

    Nothing on the workbench is changed.

    Raises:
        CommandFailed: it does not build.
        LabError: there is no such file on the workbench.
    """
    engine = _engine()
    base_image = images.python_base(engine, lambda _words: None)
    typist = Terminal(LESSON, engine, Tape.of(LESSON), base_image.name)
    with tempfile.TemporaryDirectory() as folder:
        copy = workbench.Workbench(Path(folder) / APP, workbench.FOLDER / APP)
        shutil.copytree(workbench.FOLDER / APP, copy.folder)
        copy.read(dockerfile)
        first = _build(typist, engine, copy.folder, dockerfile)
        with copy.touched("app.py"):
            return first, _build(typist, engine, copy.folder, dockerfile)


def _build(typist: Terminal, engine: Engine, folder: Path, dockerfile: str) -> Build:
    name = f"{PROJECT}/{APP}:check"
    lines = typist.build_lines(engine, folder, dockerfile, name)
    return [Build(name), *build_log.following(lines, name)][-1]


def _engine() -> Engine:
    return docker_engine.find(with_compose=False)
