"""An engine that answered: what it is asked for, and what is left on it.

The SDK answers questions (what runs, is it healthy, what did it say); building and Compose
go through the CLI, because the SDK's builder is the classic one and knows no secrets.
"""

from __future__ import annotations

import io
import os
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
from lab_utils.docker_engine.facts import ContainerFacts, ImageFacts
from lab_utils.errors import LabError

PROJECT = os.environ.get("LAB_PROJECT") or "recitation"
"""The Compose project, and the value of the label `lab` on every container, image, volume and
network of ours: what `./lab clean` removes. Another name makes a second lab beside the first."""

HARDENED: dict[str, Any] = {
    "tmpfs": {"/tmp": ""},  # noqa: S108 - the container's own
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
}
"""Options of a container that is denied what no server of ours needs; as in compose.yaml."""

FAILURES = (DockerException, RequestException)
"""What the SDK raises when an engine goes away, or refuses."""

BASE_LABEL = "lab=recitation"
"""On base images, which every project builds on."""


@dataclass(frozen=True)
class Engine:
    """An engine that answered.

    Attributes:
        address: where it listens, e.g. `unix:///var/run/docker.sock`.
        version: the engine's own version.
        compose: how Compose is started here: `docker compose` or `docker-compose`; empty where
            it is missing, or was not asked for.
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
            LabError: Compose is missing.
        """
        if not self.compose:
            raise LabError(
                doing,
                "the engine answers, but Compose 2 is missing",
                "`./lab doctor` says how to get it; `./lab clean` needs none",
            )
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

    def remove_containers(self, *labels: str) -> list[str]:
        """Remove every container that has all of these labels, with its anonymous volumes."""
        found = self.client.containers.list(all=True, filters={"label": list(labels)})
        for container in found:
            container.remove(force=True, v=True)
        return [f"container {container.name}" for container in found]

    def exit_code(self, image: str, command: Sequence[str], *, network: str, project: str) -> int:
        """How a command ends in a container of its own, which is removed again.

        Args:
            image: what it is made of.
            command: the whole command line.
            network: the one network that it is in.
            project: whose label it has meanwhile.
        """
        box = self.client.containers.run(
            image,
            list(command[1:]),
            entrypoint=list(command[:1]),
            network=network,
            labels={"lab": project},
            detach=True,
        )
        try:
            return int(box.wait()["StatusCode"])
        finally:
            box.remove(force=True)

    def remove_all(
        self,
        project: str,
        *,
        label: str | None = None,
        bases: Collection[str] = (),
        kept: Callable[[str], object] = str,
    ) -> list[str]:
        """Remove every container, volume, network and image with this project's label.

        Args:
            project: the label's value.
            label: another one that is asked for as well; only what has both goes.
            bases: images of all projects, which go too if no other project's are built on them.
            kept: told each image that stays because others need it, and who does.

        Returns:
            What was removed, as `kind name`.
        """
        ours = {"label": [f"lab={project}", *([label] if label else [])]}
        removed = self.remove_containers(*ours["label"])
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
        for _ in self.build_lines(
            context, name, dockerfile=dockerfile, arguments=arguments, labels=(label,)
        ):
            pass

    def build_lines(
        self,
        context: Path,
        name: str,
        *,
        dockerfile: str | Path,
        arguments: Mapping[str, str],
        labels: Sequence[str],
        ca: Path | None = None,
        anew: bool = False,
    ) -> Iterator[str]:
        """Build an image with BuildKit and yield its plain progress line by line.

        Args:
            context: the folder that the build sees.
            name: of the image.
            dockerfile: its name in the folder, or an absolute path.
            arguments: for its ARGs.
            labels: `key=value`; they change no layer.
            ca: a PEM file that is lent to the build as the secret `ca`.
            anew: take nothing from the cache.

        Raises:
            CommandFailed: the build failed; the error ends with the builder's last lines.
        """
        words = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        words += [f"--label={label}" for label in labels]
        words += [f"--secret=id=ca,src={ca}"] if ca else []
        words += ["--no-cache"] if anew else []
        return commands.lines(
            [
                *("docker", "buildx", "build", "--load", "--progress=plain", *words),
                *(f"--tag={name}", f"--file={context / dockerfile}", str(context)),
            ],
            doing=f"building the image {name}",
        )

    def type(self, words: Sequence[str], *, timeout: float) -> commands.Completed:
        """What the docker CLI says to a command, whatever its exit code.

        Raises:
            LabError: it was not done after `timeout` seconds.
        """
        return commands.run(
            ["docker", *words],
            doing="waiting for a docker command",
            next_step="one that never ends by itself needs `--detach`; `docker ps` shows whether "
            "its container still runs, `docker rm --force <name>` ends it",
            check=False,
            timeout=timeout,
        )

    def image(self, name: str) -> ImageFacts | None:
        """What is known of an image; None if there is none of that name."""
        try:
            return ImageFacts.of(self.client.images.get(name), name)
        except (ImageNotFound, APIError):
            return None

    def container(self, name: str) -> ContainerFacts | None:
        """What is known of a container; None if there is none of that name."""
        try:
            return ContainerFacts.of(self.client.containers.get(name))
        except NotFound:
            return None

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
