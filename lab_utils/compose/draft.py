"""A Compose file of the student's own: laid down once, never overwritten, read by Compose."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_utils import docker_engine
from lab_utils.checks.progress import location
from lab_utils.compose.file import shown
from lab_utils.compose.lesson import Lesson
from lab_utils.compose.live import SAMPLES, LiveProject
from lab_utils.compose.output import Output
from lab_utils.compose.project import Project
from lab_utils.errors import LabError
from lab_utils.ports import free_port

STARTER = SAMPLES / "starter"
OURS = SAMPLES / "ours"
FOLDER = "my_compose"

TRIED = "docker compose run --rm --no-TTY reader"
"""What shows that it works: the reader comes once films is well, says what came back, and ends."""

LOOPBACK = {"127.0.0.1", "::1"}

TIMEOUT = 20.0
"""Seconds that Compose may take to read a file."""


class NotReadable(LabError):
    """Compose cannot read the file; `found` is what it says."""


@dataclass(frozen=True)
class Draft:
    """A folder with a compose.yaml that somebody is at work on.

    Attributes:
        folder: where it is.
        environment: what the file reads from the environment.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "compose.yaml"

    @property
    def answer(self) -> object:
        """The draft itself, once anything in it has been changed; until then `...`."""
        return ... if self.is_untouched else self

    @property
    def is_untouched(self) -> bool:
        """Whether it still is the file that was laid down."""
        return self.path.read_bytes() == (STARTER / "compose.yaml").read_bytes()

    def resolved(self) -> dict[str, Any]:
        """The file as Compose understands it: variables filled in, every short form written out.

        Needs Compose, and no engine.

        Raises:
            EngineUnavailable: Compose is missing.
            NotReadable: it is no Compose file.
        """
        done = docker_engine.ask_compose(
            ["config", "--format", "json"],
            environment=self.environment,
            folder=self.folder,
            timeout=TIMEOUT,
        )
        if done.exit_code != 0:
            said = done.stderr.strip() or done.stdout.strip()
            raise NotReadable(
                f"reading {shown(self.path)}",
                said.replace(str(self.folder), "."),
                "mend what it names; `docker compose config` in that folder reads it again",
            )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def __str__(self) -> str:
        return f"{shown(self.path)}{', as it was laid down' if self.is_untouched else ''}"

    __repr__ = __str__


def mine(lesson: Lesson) -> Draft:
    """The student's own, in a folder of theirs; what is there already is left as it is."""
    folder = location().parent / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for source in STARTER.iterdir():
        if not (folder / source.name).exists():
            shutil.copyfile(source, folder / source.name)
    return Draft(folder, _environment(lesson))


def ours(lesson: Lesson) -> Draft:
    """Ours, with everything put right."""
    return Draft(OURS, _environment(lesson))


def try_out(draft: Draft, lesson: Lesson) -> Output:
    """Bring it up, let the reader ask, and show what was said and how it ended.

    Where no engine answers, ours is shown as it was recorded. A file that would open a port to
    the whole network is not brought up.

    Raises:
        NotReadable: it is no Compose file.
    """
    if not isinstance(lesson, LiveProject):
        return lesson.sample("mine").run(TRIED)
    if open_ports := exposed(draft.resolved()):
        return Output(TRIED, None, f"not brought up: port {open_ports[0]} is open to everybody")
    own = lesson.project
    project = Project(own.engine, draft.folder, f"{own.name}-mine", draft.environment)
    tried = LiveProject(project, "mine", lesson.tape)
    try:
        return tried.run(TRIED)  # brings up films, too, and waits for it as the file says
    finally:
        tried.down()


def exposed(resolved: Mapping[str, Any]) -> list[str]:
    """Ports of this computer that the file publishes on more than 127.0.0.1."""
    return [
        str(port.get("published", "?"))
        for service in (resolved.get("services") or {}).values()
        for port in service.get("ports") or ()
        if port.get("host_ip") not in LOOPBACK
    ]


def _environment(lesson: Lesson) -> dict[str, str]:
    known = dict(lesson.project.environment) if isinstance(lesson, LiveProject) else {}
    return {**known, "LAB_PORT_MINE": str(free_port())}
