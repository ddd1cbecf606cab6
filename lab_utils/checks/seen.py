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

STARTING_S = 10
"""Seconds that an app may take until it listens."""

VISIT = f"""
import time, urllib.request
end = time.monotonic() + {STARTING_S}
while True:
    try:
        urllib.request.urlopen("http://127.0.0.1:8000/", timeout=5)
        break
    except urllib.error.HTTPError:
        raise
    except OSError:
        if time.monotonic() > end:
            raise
        time.sleep(0.1)
"""
"""A visit, made by a Python that ends with an error where it brings no page."""


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
    try:
        counted = engine.copy_out(name, "/data/visits").decode().strip()
    except FileNotFoundError:
        counted = "0"  # the app makes the file at the first visit
    log = engine.client.containers.get(name).logs().decode(errors="replace")
    return int(counted), len(re.findall(r'"GET / HTTP', log))


def serves(name: str) -> bool:
    """Whether a running container answers a visit, which the app counts in its file.

    The visitor is a container beside it, in the same network: the app's image need not have a
    program to ask with, nor the app a port on this computer.
    """
    visit = ["python3", "-c", VISIT]
    beside = f"container:{name}"
    return _engine().exit_code(base().name, visit, network=beside, project=PROJECT) == 0


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
    workbench.of(APP, ()).read(dockerfile)
    with tempfile.TemporaryDirectory() as folder:
        copy = workbench.Workbench(Path(folder) / APP, workbench.FOLDER / APP)
        shutil.copytree(workbench.FOLDER / APP, copy.folder)
        first = _build(typist, engine, copy.folder, dockerfile)
        with copy.touched("app.py"):
            return first, _build(typist, engine, copy.folder, dockerfile)


def _build(typist: Terminal, engine: Engine, folder: Path, dockerfile: str) -> Build:
    name = f"{PROJECT}/{APP}:check"
    lines = typist.build_lines(engine, folder, dockerfile, name)
    return [Build(name), *build_log.following(lines, name)][-1]


def _engine() -> Engine:
    return docker_engine.find(with_compose=False)
