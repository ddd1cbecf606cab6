"""The Docker Engine: the only module that imports the Docker SDK or starts the docker CLI.

The SDK answers questions (what runs, is it healthy, what did it say); building and Compose
go through the CLI, because the SDK's builder is the classic one and knows no secrets.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.models.containers import Container
from docker.models.images import Image
from requests import RequestException

from lab_utils import commands
from lab_utils.errors import LabError

PROJECT = os.environ.get("LAB_PROJECT") or "recitation"
"""The Compose project, and the value of the label `lab` on every container, image, volume and
network of ours: what `./lab clean` removes. Another name makes a second lab beside the first."""

FAILURES = (DockerException, RequestException)
"""What the SDK raises when an engine goes away, or refuses."""

BASE_LABEL = "lab=recitation"
"""On base images, which every project builds on."""

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


@dataclass(frozen=True)
class Engine:
    """An engine that answered.

    Attributes:
        address: where it listens, e.g. `unix:///var/run/docker.sock`.
        version: the engine's own version.
        compose: how Compose is started here: `docker compose` or `docker-compose`.
        compose_version: Compose's version.
    """

    address: str
    version: str
    compose: tuple[str, ...]
    compose_version: str

    @cached_property
    def client(self) -> docker.DockerClient:
        """The SDK's client, connected on first use."""
        return docker.DockerClient(base_url=self.address, timeout=60)

    def run_compose(
        self,
        arguments: Sequence[str],
        *,
        doing: str,
        environment: Mapping[str, str],
        folder: Path,
    ) -> Iterator[str]:
        """Run a Compose command in `folder` and yield its output line by line.

        Raises:
            CommandFailed: Compose ended with another exit code than 0.
        """
        return commands.lines(
            [*self.compose, *arguments],
            doing=doing,
            environment={**os.environ, **environment},
            folder=folder,
        )

    def containers(self, project: str, service: str | None = None) -> list[Container]:
        """The containers of a project, running or not, newest first; one service's or all."""
        labels = [f"lab={project}"]
        if service:
            labels.append(f"com.docker.compose.service={service}")
        return list(self.client.containers.list(all=True, filters={"label": labels}))

    def remove_all(
        self,
        project: str,
        *,
        bases: Collection[str] = (),
        kept: Callable[[str], object] = str,
    ) -> list[str]:
        """Remove every container, volume, network and image with this project's label.

        Args:
            project: the label's value.
            bases: images of all projects, which go too if no other project's are built on them.
            kept: told each image that stays because others need it, and who does.

        Returns:
            What was removed, as `kind name`.
        """
        ours = {"label": f"lab={project}"}
        removed = []
        for container in self.containers(project):
            container.remove(force=True, v=True)
            removed.append(f"container {container.name}")
        for network in self.client.networks.list(filters=ours):
            network.remove()
            removed.append(f"network {network.name}")
        for volume in self.client.volumes.list(filters=ours):
            volume.remove()
            removed.append(f"volume {volume.name}")
        images = {str(each.id): each for each in self.client.images.list(filters=ours)}
        shared = [self.client.images.get(name) for name in bases if self.has_image(name)]
        images |= {str(each.id): each for each in shared}
        strangers = [each for each in self.client.images.list() if each.id not in images]
        for image in images.values():
            above = [_name(each) for each in strangers if _is_built_on(each, image)]
            why = f"{', '.join(above)} is built on it" if above else self._remove_image(image)
            if why is None:
                removed.append(f"image {_name(image)}")
            else:
                kept(f"image {_name(image)}: {why}")
        return removed

    def _remove_image(self, image: Image) -> str | None:
        """Remove an image under all its names; why not, if a container not of ours has it."""
        for reference in image.tags or [str(image.id)]:
            try:
                self.client.images.remove(reference)
            except ImageNotFound:
                continue  # it went with an image that was made of it
            except APIError as error:
                return str(error.explanation)
        return None

    def has_image(self, name: str) -> bool:
        """Whether the image is on this engine already, so that no network is needed."""
        return self.image_id(name) is not None

    def image_id(self, name: str) -> str | None:
        """What a name stands for on this engine at the moment; None if for nothing."""
        try:
            return str(self.client.images.get(name).id)
        except (ImageNotFound, APIError):
            return None

    def pull(self, name: str, *, timeout: float) -> bool:
        """Try to pull an image; False where its registry does not answer within `timeout` s."""
        try:
            commands.run(
                ["docker", "pull", "--quiet", name], doing=f"pulling {name}", timeout=timeout
            )
        except LabError:
            return False
        return True

    def import_root(self, archive: Path, name: str) -> None:
        """Make an image `name` of one layer from a root file system in a tar archive."""
        commands.run(
            ["docker", "import", "--change", f"LABEL {BASE_LABEL}", archive, name],
            doing=f"importing the base image {name}",
        )

    def build(
        self,
        context: Path,
        name: str,
        *,
        dockerfile: str | Path,
        arguments: Mapping[str, str],
        label: str = BASE_LABEL,
    ) -> None:
        """Build an image with BuildKit; `dockerfile` is in `context`, or an absolute path.

        Raises:
            CommandFailed: the build failed; the error ends with the builder's last lines.
        """
        build_args = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        commands.run(
            [
                *("docker", "buildx", "build", "--load", "--progress=plain"),
                *(f"--label={label}", f"--tag={name}", *build_args),
                *(f"--file={context / dockerfile}", str(context)),
            ],
            doing=f"building the image {name}",
        )

    def copy_out(self, container: str, path: str) -> bytes:
        """A file's bytes from a container, running or stopped.

        Raises:
            FileNotFoundError: no such container, or no such file in it.
        """
        try:
            chunks, _ = self.client.containers.get(container).get_archive(path)
        except NotFound as error:
            raise FileNotFoundError(f"{container}:{path}") from error
        return _only_member(chunks)

    def run_for_folder(
        self, image: str, command: Sequence[str], folder: str, *, doing: str, timeout: float
    ) -> bytes:
        """Run a command as root in a container that ends with it, for a folder it fills.

        Returns:
            The folder as a tar archive.

        Raises:
            LabError: the command failed, or took longer than `timeout` seconds; its own last
                words are in it.
        """
        box = self.client.containers.create(
            image, list(command), entrypoint=[], user="0", labels={"lab": PROJECT}
        )
        try:
            box.start()
            ended = box.wait(timeout=timeout)["StatusCode"]
            if ended:
                said = box.logs(tail=12).decode(errors="replace")
                found = f"`{command[0]}` in a container of {image} ended with {ended}\n{said}"
                raise LabError(doing, found, "read the lines above: they are its own words")
            chunks, _ = box.get_archive(folder)
            return b"".join(chunks)
        except RequestException as error:
            raise LabError(doing, f"no end after {timeout:g} s ({error})", "try again") from None
        finally:
            box.remove(force=True)

    def copy_out_of_volume(self, volume: str, name: str, image: str) -> bytes:
        """A file's bytes from a volume that no container has at the moment.

        Args:
            volume: the volume's name.
            name: the file's name in it.
            image: any image that is here; a container of it is made, and never started.

        Raises:
            FileNotFoundError: no such volume, or no such file in it.
            LabError: the image is gone, so that the volume cannot be looked into.
        """
        try:
            self.client.volumes.get(volume)
        except NotFound:
            raise FileNotFoundError(volume) from None
        try:
            box = self.client.containers.create(
                image, volumes={volume: {"bind": "/volume", "mode": "ro"}}
            )
        except (ImageNotFound, APIError) as error:
            raise LabError(
                f"looking into the volume {volume}",
                str(error),
                f"`./lab up` makes the image again; if what is in the volume may go: `docker "
                f"volume rm {volume}`",
            ) from None
        try:
            return self.copy_out(str(box.id), f"/volume/{name}")
        finally:
            box.remove(force=True)


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
    compose, compose_version = compose_command() if with_compose else ((), "not asked for")
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


def _name(image: Image) -> str:
    return str((image.tags or [image.short_id])[0])


def _is_built_on(image: Image, base: Image) -> bool:
    """Whether an image's layers begin with those of another.

    Asked of the layers, because BuildKit records no parent: Docker would remove the base.
    """
    layers, below = (each.attrs["RootFS"].get("Layers") or [] for each in (image, base))
    return bool(below and len(layers) > len(below) and layers[: len(below)] == below)


def _only_member(chunks: Iterator[bytes]) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        member: Any = archive.extractfile(archive.getmembers()[0])
        return bytes(member.read())
