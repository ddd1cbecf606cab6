"""What is known of one image or container, as the engine tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docker.models.containers import Container
from docker.models.images import Image

ROOT_USERS = ("", "0", "root")
"""What a Dockerfile's USER, or its absence, may say and mean root."""


@dataclass(frozen=True)
class Layer:
    """One line of an image's history.

    Attributes:
        made_by: the instruction, as BuildKit wrote it down; empty for an imported file system.
        size: bytes that it added; 0 where it changed settings only.
    """

    made_by: str
    size: int


@dataclass(frozen=True)
class ImageFacts:
    """An image on this engine.

    Attributes:
        name: the reference it was asked for by.
        id: of the image, `sha256:…`.
        size: bytes of all its layers, unpacked, as `docker images` counts them.
        user: whom its processes run as, as the Dockerfile says it; empty means root.
        layers: the lowest first.
        digests: by which registries know it: `host:port/name@sha256:…`; empty if none does.
    """

    name: str
    id: str
    size: int
    user: str
    layers: tuple[Layer, ...]
    digests: tuple[str, ...]

    @property
    def is_root(self) -> bool:
        """Whether its processes run as root."""
        return self.user.partition(":")[0] in ROOT_USERS

    @classmethod
    def of(cls, image: Image, name: str) -> ImageFacts:
        """Read from the SDK's image."""
        history = reversed(image.history())
        return cls(
            name=name,
            id=str(image.id),
            size=int(image.attrs["Size"]),
            user=str((image.attrs.get("Config") or {}).get("User") or ""),
            layers=tuple(Layer(each.get("CreatedBy") or "", int(each["Size"])) for each in history),
            digests=tuple(image.attrs.get("RepoDigests") or ()),
        )

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> ImageFacts:
        """Of what `dataclasses.asdict` made, and JSON kept."""
        layers = tuple(Layer(**each) for each in kept["layers"])
        return cls(**{**kept, "layers": layers, "digests": tuple(kept["digests"])})


@dataclass(frozen=True)
class Mount:
    """Something of the outside that a container sees.

    Attributes:
        kind: `volume`, `bind` or `tmpfs`.
        name: a volume's name, 64 hexadecimal digits if nobody gave it one; else empty.
        target: the path in the container.
    """

    kind: str
    name: str
    target: str


@dataclass(frozen=True)
class ContainerFacts:
    """A container on this engine, running or ended.

    Attributes:
        name: its name.
        image: the reference it was made of.
        status: `running`, `exited`, `created`, …
        health: `healthy`, `unhealthy`, `starting`, or empty if its image has no health check.
        exit_code: of its first process; 0 while that runs.
        oom_killed: whether the kernel ended a process of it for want of memory.
        user: whom it runs as; empty means root.
        read_only: whether its root file system is.
        dropped: capabilities taken away, such as `ALL`.
        added: capabilities given in addition.
        privileged: whether nearly all walls are down.
        no_new_privileges: whether its processes can never gain more than they started with.
        memory: bytes it may use; 0 for all that the machine has.
        mounts: volumes, bind mounts and tmpfs.
    """

    name: str
    image: str
    status: str
    health: str
    exit_code: int
    oom_killed: bool
    user: str
    read_only: bool
    dropped: tuple[str, ...]
    added: tuple[str, ...]
    privileged: bool
    no_new_privileges: bool
    memory: int
    mounts: tuple[Mount, ...]

    @property
    def is_root(self) -> bool:
        """Whether its processes run as root."""
        return self.user.partition(":")[0] in ROOT_USERS

    @classmethod
    def of(cls, container: Container) -> ContainerFacts:
        """Read from the SDK's container."""
        told = container.attrs
        state, host, settings = told["State"], told["HostConfig"], told["Config"]
        options = [str(each) for each in host.get("SecurityOpt") or ()]
        return cls(
            name=str(container.name),
            image=str(settings["Image"]),
            status=str(state["Status"]),
            health=str((state.get("Health") or {}).get("Status") or ""),
            exit_code=int(state["ExitCode"]),
            oom_killed=bool(state["OOMKilled"]),
            user=str(settings.get("User") or ""),
            read_only=bool(host.get("ReadonlyRootfs")),
            dropped=tuple(str(each).upper() for each in host.get("CapDrop") or ()),
            added=tuple(str(each).upper() for each in host.get("CapAdd") or ()),
            privileged=bool(host.get("Privileged")),
            no_new_privileges=any(
                each.startswith("no-new-privileges") and not each.endswith("false")
                for each in options
            ),
            memory=int(host.get("Memory") or 0),
            mounts=(
                *(_mount(each) for each in told.get("Mounts") or ()),
                *(Mount("tmpfs", "", path) for path in host.get("Tmpfs") or ()),
            ),
        )


def _mount(told: dict[str, Any]) -> Mount:
    return Mount(str(told["Type"]), str(told.get("Name") or ""), str(told["Destination"]))
