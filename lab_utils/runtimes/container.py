"""A server in a container of the Docker Engine."""

from __future__ import annotations

import io
import tarfile
from functools import cache
from typing import Any, ClassVar

from docker.models.containers import Container as EngineContainer

from lab_utils import docker_engine, owners
from lab_utils.docker_engine import Engine
from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS
from lab_utils.ports import HOST
from lab_utils.runtimes import leftovers, recommender
from lab_utils.runtimes.base import Kind, Runtime, Server, Unavailable
from lab_utils.stack.base import quiet
from lab_utils.stack.containers import ContainerStack
from lab_utils.vm import guest

PORTS: dict[Server, int] = {"tiny": 80, "recommender-a": 8000}
"""On which each server listens inside."""

MEMORY_MB: dict[Server, int] = {"tiny": 32, "recommender-a": 512}
"""What each container may use at most, if nobody says otherwise."""

PROCESSES = 100
"""How many processes a container may have at most."""


class Container(Runtime):
    """A server in a container: own files, processes and network, the kernel of its host.

    Args:
        server: which one.
        memory_mb: what it may use at most; by default what is ample.
        cpus: how many cores it may use at most; None: all.
        processes: how many processes it may have at most.
        writable: whether it may write into its own copy of the image's files.
        volume: name of a volume to mount at `/kept`; empty: none.
        image: another image than the server's own, made by `commit`; empty: its own.
    """

    kind: ClassVar[Kind] = "container"

    def __init__(
        self,
        server: Server = "tiny",
        *,
        memory_mb: int | None = None,
        cpus: float | None = None,
        processes: int = PROCESSES,
        writable: bool = False,
        volume: str = "",
        image: str = "",
    ) -> None:
        super().__init__(server)
        self.image = image or _image(self.server)
        memory = f"{memory_mb or MEMORY_MB[self.server]}m"
        self._options: dict[str, Any] = {
            "ports": {f"{PORTS[self.server]}/tcp": (HOST, None)},
            "mem_limit": memory,
            "memswap_limit": memory,
            "pids_limit": processes,
            "read_only": not writable,
            "volumes": {volume: {"bind": "/kept"}} if volume else [],
        }
        if cpus is not None:
            self._options["nano_cpus"] = round(cpus * 1e9)
        self._container: EngineContainer | None = None

    @property
    def engine(self) -> Engine:
        """The engine it runs on.

        Raises:
            Unavailable: none answers.
        """
        return _engine()

    @property
    def labels(self) -> dict[str, str]:
        """On it: whose lab it belongs to, and which Python started it."""
        return {"lab": docker_engine.PROJECT, owners.LABEL: owners.owner()}

    @property
    def container(self) -> EngineContainer:
        """The engine's own view of it.

        Raises:
            LabError: it was not started.
        """
        if self._container is None:
            raise LabError(f"looking at {self.server}", "it is not up", "start it first")
        return self._container

    def demand(self) -> None:
        """An engine, and the server's image; built at first use.

        Containers that a Python which died has left are removed, too.

        Raises:
            Unavailable: one of them cannot be had here.
        """
        engine = _engine()
        try:
            leftovers.sweep_containers(engine)
            _build(engine, self.server, docker_engine.PROJECT)
        except Unavailable:
            raise
        except LabError as error:
            raise Unavailable(error.doing, error.found, error.next_step) from None

    def start(self) -> None:
        """Start it and return at once, before it answers."""
        _build(self.engine, self.server, docker_engine.PROJECT)
        if self.server == "recommender-a":
            self._options["volumes"] = ["/model"]
        self._container = self.engine.client.containers.create(
            self.image,
            labels=self.labels,
            **docker_engine.HARDENED,
            **self._options,
        )
        if self.server == "recommender-a":
            self._container.put_archive("/model", _model())
        self._container.start()
        self._container.reload()

    def ended(self) -> str | None:
        """How it ended, with the end of its log."""
        self.container.reload()
        if self.container.status in ("created", "running", "restarting"):
            return None
        code = self.container.attrs["State"]["ExitCode"]
        said = self.container.logs(tail=12).decode(errors="replace")
        return f"exited ({code}):\n{said}"

    @property
    def url(self) -> str:
        """Where it answers."""
        published = self.container.ports.get(f"{PORTS[self.server]}/tcp") or []
        if not published:
            raise LabError(f"looking for {self.server}", "its port is not published", "restart it")
        return f"http://{HOST}:{published[0]['HostPort']}"

    def memory(self) -> int:
        """Bytes its cgroup uses, without file cache that could go, as `docker stats` counts."""
        return docker_engine.memory_of(self.container)

    @property
    def memory_how(self) -> str:
        """By the kernel's count for a cgroup."""
        return "what its cgroup uses, without file cache that could go"

    def cpu_seconds(self) -> float:
        """CPU time that it has used so far."""
        return docker_engine.cpu_seconds_of(self.container)

    def remove_image(self, name: str) -> None:
        """Remove an image that was committed, if it is there."""
        if self.engine.has_image(name):
            self.engine.client.images.remove(name)

    def run_inside(self, script: str) -> str:
        """What a script prints that runs in the container (`docker exec`), both its streams."""
        code, said = self.exit_and_output(script)
        if code:
            raise LabError(
                "running a script in a container",
                f"it ended with exit code {code}:\n{script.strip()}\n{said}",
                "read its own words above",
            )
        return said

    def exit_and_output(self, script: str) -> tuple[int, str]:
        """The exit code of a script that runs in the container, and what it printed."""
        done: Any = self.container.exec_run(["sh", "-c", script])
        return int(done.exit_code or 0), done.output.decode(errors="replace")

    def image_bytes(self) -> int:
        """Bytes of the image, all its layers together."""
        return int(self.engine.client.images.get(self.image).attrs["Size"])

    def stop(self) -> None:
        """Remove it and what it has written."""
        if self._container is not None:
            self._container.remove(force=True, v=True)
            self._container = None


@cache
def _engine() -> Engine:
    try:
        return docker_engine.find()
    except docker_engine.EngineUnavailable as missing:
        raise Unavailable(missing.doing, missing.found, missing.next_step) from None


def _image(server: Server) -> str:
    return f"{docker_engine.PROJECT}/{server}"


@cache
def _build(engine: Engine, server: Server, project: str) -> None:
    """Bring a server's image up to date, once for each project in the life of this Python.

    Raises:
        LabError: it cannot be built.
    """
    if server == "recommender-a":
        ContainerStack(engine, project=project).build([server], quiet)
        return
    engine.build(
        guest.tiny().folder,
        _image("tiny"),
        dockerfile=CONTAINERS / "tiny" / "Dockerfile",
        arguments={},
        label=f"lab={project}",
    )


def _model() -> bytes:
    """The trained model as a tar archive, for everyone in the container to read."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in recommender.model().iterdir():
            archive.add(path, path.name)
    return packed.getvalue()
