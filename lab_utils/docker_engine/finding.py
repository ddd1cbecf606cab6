"""Finding the engine of this machine, and saying why there is none."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import docker
from docker.errors import DockerException

from lab_utils import commands
from lab_utils.docker_engine.engine import Engine
from lab_utils.errors import LabError

START_HINT = {
    "linux": "start it (`sudo systemctl start docker`), or let the lab install and start one on "
    "Debian or Ubuntu: `sudo ./lab engine up`",
    "darwin": "start Docker Desktop and wait until its whale stands still",
    "win32": "start Docker Desktop and wait until it says that the engine is running",
}


class EngineUnavailable(LabError):
    """No Docker Engine answers; `reason` is one of missing, stopped, permission, compose."""

    def __init__(self, reason: str, found: str, next_step: str) -> None:
        self.reason = reason
        super().__init__("looking for a Docker Engine", found, next_step)


def find(*, with_compose: bool = True) -> Engine:
    """The engine that answers on this machine.

    Args:
        with_compose: demand Compose too; removing things needs none.

    Raises:
        EngineUnavailable: none does; it says which of the usual causes it is.
    """
    address = _address()
    try:
        client = docker.DockerClient(base_url=address, timeout=10)
        version = str(client.version()["Version"])
    except (DockerException, OSError) as error:
        raise _unavailable(address, error) from None
    compose, compose_version = compose_command() if with_compose else ((), "of unknown version")
    return Engine(address, version, compose, compose_version)


def _address() -> str:
    """DOCKER_HOST, else what the CLI's current context says, else the usual socket."""
    if named := os.environ.get("DOCKER_HOST"):
        return named
    if commands.have("docker"):
        shown = commands.run(["docker", "context", "inspect"], doing="asking docker", check=False)
        if shown.exit_code == 0:
            return str(json.loads(shown.stdout)[0]["Endpoints"]["docker"]["Host"])
    return "npipe:////./pipe/docker_engine" if os.name == "nt" else "unix:///var/run/docker.sock"


def _unavailable(address: str, error: Exception) -> EngineUnavailable:
    start = START_HINT.get(sys.platform, START_HINT["linux"])
    if os.environ.get("DOCKER_HOST"):
        start = "DOCKER_HOST names it: start that engine, or unset DOCKER_HOST for this machine's"
    said = str(error)
    if "ermission denied" in said or "PermissionError" in said:
        return EngineUnavailable(
            "permission",
            f"an engine listens at {address}, but this user may not talk to it",
            "add yourself to its group (`sudo usermod -aG docker $USER`), then log in again",
        )
    if not commands.have("docker"):
        return EngineUnavailable(
            "missing",
            "this machine has no `docker` program",
            "install Docker Desktop (macOS, Windows), or on Debian and Ubuntu run "
            "`sudo ./lab engine up`",
        )
    return EngineUnavailable("stopped", f"nothing answers at {address}", start)


def compose_command() -> tuple[tuple[str, ...], str]:
    """How Compose 2 is started here, and its version.

    Raises:
        EngineUnavailable: Compose 2 is missing.
    """
    for words in (("docker", "compose"), ("docker-compose",)):
        if not commands.have(words[0]):
            continue
        asked = commands.run([*words, "version", "--short"], doing="asking Compose", check=False)
        version = asked.stdout.strip().removeprefix("v")
        if asked.exit_code == 0 and version and not version.startswith("1."):
            return words, version
    raise EngineUnavailable(
        "compose",
        "the engine answers, but Compose 2 is missing (version 1 cannot read compose.yaml)",
        "install the Compose plugin: `sudo apt-get install docker-compose-v2` on Ubuntu, "
        "`sudo ./lab engine up` on Debian, part of Docker Desktop elsewhere",
    )


def ask_compose(
    arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path, timeout: float
) -> commands.Completed:
    """Run a Compose command in `folder` to its end, well or not; not each needs an engine.

    Raises:
        EngineUnavailable: Compose 2 is missing.
        LabError: it was not done after `timeout` seconds, and was stopped.
    """
    words, _ = compose_command()
    return commands.run(
        [*words, *arguments],
        doing="running Compose",
        next_step="leave out what goes on for ever (`--follow`, or `up` without `--detach`)",
        check=False,
        timeout=timeout,
        environment={**os.environ, **environment},
        folder=folder,
    )
