"""A Compose project: commands as one types them, and what the engine knows of its containers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from docker.models.containers import Container

from lab_utils import docker_engine
from lab_utils.compose.moments import Moments
from lab_utils.compose.output import Output
from lab_utils.docker_engine import Engine
from lab_utils.errors import LabError
from lab_utils.paths import ROOT
from lab_utils.stack.containers import ERASE_LINE

TIMEOUT = 60.0
"""Seconds a command may take."""

ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
ENDLESS = {"logs": ("-f", "--follow"), "events": (), "watch": (), "attach": ()}
"""Commands that go on for ever, all of them or with these words."""
DETACHED = {"-d", "--detach", "--wait", "--dry-run", "--no-start"}


@dataclass(frozen=True)
class Project:
    """A Compose file, and the name and variables with which it is brought up.

    Attributes:
        engine: where it runs.
        folder: where its compose.yaml is.
        name: the project's name, which begins the name of each container.
        environment: what the file reads from the environment.
    """

    engine: Engine
    folder: Path
    name: str
    environment: Mapping[str, str]

    def run(self, command: object) -> Output:
        """Run `docker compose ...` as it would be typed in the project's folder.

        Variables may stand before it (`LAB_PORT_A=0 docker compose up --detach`). What cannot be
        run here is not, and the output says why.

        Raises:
            LabError: it did not end within `TIMEOUT` seconds.
        """
        words, variables, why_not = understood(command)
        if why_not:
            return Output(str(command), None, why_not)
        done = docker_engine.ask_compose(
            words,
            environment={**self.environment, **variables},
            folder=self.folder,
            timeout=TIMEOUT,
        )
        said = "\n".join(part.strip("\n") for part in (done.stdout, done.stderr) if part.strip())
        # the same words on every machine: paths as they are seen from the lab's folder
        plain = said.replace(ERASE_LINE, "").replace(str(ROOT), ".")
        return Output(str(command), done.exit_code, plain)

    def containers(self, service: str) -> list[Container]:
        """The containers of a service that run, in order of their numbers."""
        found = self.engine.client.containers.list(filters={"label": self._labels(service)})
        return sorted(found, key=_number)

    def moments(self) -> Moments:
        """When each container of the project started, was healthy, and ended."""
        found = self.engine.client.containers.list(
            all=True, filters={"label": self._labels(None), "status": ["running", "exited"]}
        )
        return Moments.of([(each.labels, each.attrs["State"]) for each in found])

    def down(self) -> Output:
        """Remove its containers and its network."""
        return self.run("docker compose --profile '*' down --timeout 2")

    def _labels(self, service: str | None) -> list[str]:
        labels = [f"com.docker.compose.project={self.name}"]
        return [*labels, f"com.docker.compose.service={service}"] if service else labels


def understood(command: object) -> tuple[list[str], dict[str, str], str]:
    """A command's words after `docker compose`, the variables before it, and why not to run it."""
    if not isinstance(command, str):
        return [], {}, "a command is a text: put quotes around it"
    try:
        words = shlex.split(command.strip().removeprefix("$"))  # as it is shown after a prompt
    except ValueError as error:
        return [], {}, f"this cannot be read as a command: {error}"
    variables = {}
    while words and ASSIGNMENT.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    if words[:1] == ["docker-compose"]:
        words = ["docker", "compose", *words[1:]]
    if words[:2] != ["docker", "compose"]:
        began = f"it begins with `{words[0]}`" if words else "there is no word in it"
        wanted = "`docker compose ...`, with nothing before it but `NAME=value`"
        return [], {}, f"{began}; here it has to be {wanted} (a terminal runs anything)"
    words = words[2:]
    return words, variables, _endless(words)


def _endless(words: list[str]) -> str:
    command = next((word for word in words if word in ENDLESS or word == "up"), None)
    if command == "up" and not DETACHED & set(words):
        return "without `--detach` this goes on until Ctrl-C, and a notebook has no Ctrl-C"
    if command in ENDLESS:
        marks = ENDLESS[command]
        if not marks or set(marks) & set(words):
            return "this goes on until Ctrl-C, and a notebook has no Ctrl-C: try it in a terminal"
    return ""


def _number(container: Container) -> int:
    return int(container.labels.get("com.docker.compose.container-number", "0"))


def demand_well(output: Output, doing: str) -> Output:
    """The output of a command that has to go well.

    Raises:
        LabError: it did not.
    """
    if output.exit_code != 0:
        raise LabError(
            doing, str(output), "read its last line; `docker compose ps --all` shows who runs"
        )
    return output
