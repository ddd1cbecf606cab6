"""The stack in containers: compose.yaml, built, started, watched and asked through the engine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docker.models.containers import Container

from lab_utils import access_logs, images
from lab_utils.docker_engine import PROJECT, Engine
from lab_utils.errors import LabError
from lab_utils.paths import COMPOSE_FILE, ROOT
from lab_utils.ports import Ports
from lab_utils.stack import settings
from lab_utils.stack.base import (
    BALANCERS,
    TRAINERS,
    Say,
    Service,
    demand_running,
    part,
    quiet,
    training_failed,
    wait_until_healthy,
    wait_until_ready,
)

PORTS_OF = {
    "recommender-a": ("a",),
    "recommender-b": ("b",),
    **dict.fromkeys(BALANCERS.values(), ("balancer", "admin")),
}
"""Names of the ports that each service publishes."""

LOGS = {"ours": "events.jsonl", "nginx": "nginx.jsonl", "haproxy": "haproxy.jsonl"}
"""Where each balancer writes what happened, in the volume `events`."""

TITLES = {"ours": "the lab's own", "nginx": "nginx", "haproxy": "HAProxy"}

ANY_PROFILE = ("--profile", "*")
"""Without it, Compose does not see the services that a plain `up` leaves out."""

ERASE_LINE = "\x1b[2K"

STARTED_IN = "com.docker.compose.project.working_dir"
"""The label by which Compose tells the folder that it started a container from."""

STOP_TIMEOUT = 3
"""Seconds a service has after SIGTERM; each ends at once, unless it is only just starting."""

ROOM_TO_BUILD = 2 * 1024**3
"""Bytes of free disk that a first build takes, with room to spare."""


@dataclass(frozen=True)
class ContainerStack:
    """The Compose project of this checkout.

    Attributes:
        engine: where it runs.
        ports: where it answers on this machine.
        project: the Compose project's name and the label of all that belongs to it.
        balancer: who is between visitors and recommenders: one of `BALANCERS`.
    """

    engine: Engine
    ports: Ports = field(default_factory=Ports.from_environment)
    project: str = PROJECT
    balancer: str = "ours"

    @property
    def kind(self) -> str:
        """`containers`, or `containers-nginx` with another balancer than ours."""
        return "containers" if self.balancer == "ours" else f"containers-{self.balancer}"

    @property
    def parts(self) -> tuple[str, ...]:
        """The services that stay up, as `SERVICES`, with the balancer that is in use."""
        return ("recommender-a", "recommender-b", BALANCERS[self.balancer])

    @property
    def description(self) -> str:
        """How it ran."""
        return (
            f"Containers of Docker Engine {self.engine.version}, started by Compose "
            f"{self.engine.compose_version}: each with its own files, users, processes and "
            f"network. The balancer: {TITLES[self.balancer]}."
        )

    def versions(self) -> dict[str, str]:
        """The engine, Compose, and the very images that ran."""
        ran = {name: self.container(name) for name in self.parts}
        images = {f"image {name}": _image_id(each) for name, each in ran.items() if each}
        about = {"Docker Engine": self.engine.version, "Compose": self.engine.compose_version}
        return {**about, **images}

    def up(self, say: Say, watch: Say = quiet) -> None:
        """Build the images, train in them, start the services, wait until all are healthy.

        Raises:
            LabError: the stack of another checkout is in its place.
            PortTaken: another program has one of the ports.
            CommandFailed: a build failed.
            StackError: a part died or never became healthy; the end of its log is shown.
        """
        settings.demand(published=True)
        self.demand_ours("starting the stack")
        self.ports.demand_free(ours=self._held_ports())
        base = self.build(self.parts, say, watch)
        say("training both models, then starting the services")
        self._clear_the_place(say)
        try:
            self._start(base)
            self.wait()
        except BaseException:
            self.down(quiet)
            raise

    def build(self, services: Sequence[str], say: Say, watch: Say = quiet) -> images.BaseImage:
        """Build the images of some services, and return what they are built on.

        Raises:
            LabError: there is too little room, or no base image.
            CommandFailed: a build failed.
        """
        self._demand_room()
        base = images.python_base(self.engine, say)
        say(f"building what has changed of the images, on {base.name} ({base.origin})")
        before = self._image_ids()
        words = ["--progress=plain", "build", *services]
        for line in self._compose(words, "building the images", base):
            watch(line)
        built = [name for name, made in self._image_ids().items() if made != before[name]]
        say(f"built {', '.join(built)}" if built else "every image is up to date")
        return base

    def wait(self) -> None:
        """Wait until every part is healthy, however it was started.

        Raises:
            StackError: a part died or never became healthy; the end of its log is shown.
        """
        wait_until_ready(self)

    def demand_ours(self, doing: str) -> None:
        """Raise if it is another checkout of the lab that has containers of this project.

        Raises:
            LabError: it does; both need projects and ports of their own.
        """
        for container in self.engine.containers(self.project):
            home = Path(container.labels.get(STARTED_IN, ROOT)).resolve()
            if home != ROOT and (home / "lab").is_file() and (home / COMPOSE_FILE.name).is_file():
                raise LabError(
                    doing,
                    f"the containers of project {self.project} belong to the lab in {home}",
                    "`./lab down` there; or give this lab a name and ports of its own, with the "
                    "variables LAB_PROJECT and LAB_PORT_...",
                )

    def down(self, say: Say) -> None:
        """Remove containers and network; models and the event log stay in their volumes.

        Raises:
            LabError: they are another checkout's.
        """
        self.demand_ours("stopping the stack")
        words = [*ANY_PROFILE, "down", f"--timeout={STOP_TIMEOUT}"]
        list(self._compose(words, "stopping the stack"))
        say("removed the containers; models and the event log stay in their volumes")

    def kill(self, service: str) -> None:
        """`docker kill`: SIGKILL to the service's container.

        Raises:
            LabError: no service of this stack, or it does not run.
        """
        demand_running(self, service, f"killing {service}")
        if container := self.container(service):
            container.kill()
            container.wait()

    def start(self, service: str) -> None:
        """`docker start`: the same container again, waited for until it is healthy.

        Raises:
            LabError: no service of this stack, or it has no container.
            StackError: it never became healthy; the end of its log is shown.
        """
        doing = f"starting {service}"
        known = part(self, service, doing)
        container = self.container(service)
        if container is None:
            raise LabError(doing, "it has no container", "`up(print)` makes one")
        if known.state == "paused":
            container.unpause()
        elif known.state != "running":
            container.start()
        wait_until_healthy(self, service)

    def services(self) -> list[Service]:
        """Every part as the engine sees it."""
        return [self._service(name) for name in self.parts]

    def logs(self, service: str | None, *, follow: bool) -> Iterator[str]:
        """Log lines, through Compose."""
        only = [service] if service else list(self.parts)
        words = ["logs", "--no-color", *(["--follow"] if follow else []), *only]
        # Compose erases each line before it writes it, on a terminal or not
        return (line.replace(ERASE_LINE, "") for line in self._compose(words, "reading the logs"))

    def last_words(self, service: str) -> str:
        """The end of one service's log."""
        container = self.container(service)
        if container is None:
            return "(no container)"
        return str(container.logs(tail=12).decode(errors="replace")).strip() or "(it said nothing)"

    def event_log(self) -> bytes:
        """Everything the balancer has recorded so far; empty if nothing."""
        log = self._log()
        return log if self.balancer == "ours" else access_logs.to_events(log)

    def _log(self) -> bytes:
        name, service = LOGS[self.balancer], BALANCERS[self.balancer]
        container = self.container(service)
        try:
            if container:
                return self.engine.copy_out(str(container.id), f"/events/{name}")
            # each balancer looks into the same volume, and not each was ever built here
            able = [f"{self.project}/{each}" for each in (service, *BALANCERS.values())]
            image = next(filter(self.engine.has_image, able), able[0])
            return self.engine.copy_out_of_volume(f"{self.project}_events", name, image)
        except FileNotFoundError:
            return b""

    def container(self, service: str) -> Container | None:
        """The newest container of a service, running or not."""
        found = self.engine.containers(self.project, service)
        return found[0] if found else None

    def _image_ids(self) -> dict[str, str | None]:
        names = [f"{self.project}/{service}" for service in self.parts]
        return {name: self.engine.image_id(name) for name in names}

    def _held_ports(self) -> set[str]:
        """Names of the ports that running parts of this stack hold."""
        running = {name for name in PORTS_OF if self._service(name).state == "running"}
        return {port for name in running for port in PORTS_OF[name]}

    def _clear_the_place(self, say: Say) -> None:
        """Stop another balancer of this stack that is up: they would share their ports."""
        mine = BALANCERS[self.balancer]
        others = [name for name in BALANCERS.values() if name != mine and self.container(name)]
        if others:
            say(f"{', '.join(others)} leaves the place to {mine}")
            words = [*ANY_PROFILE, "rm", "--stop", "--force", *others]
            list(self._compose(words, "stopping the other balancer"))

    def _start(self, base: images.BaseImage) -> None:
        try:
            list(self._compose(["up", "--detach", *self.parts], "starting the stack", base))
        except LabError as failed:
            victim = self._failed_trainer()
            if victim is None:
                raise
            raise training_failed(f"{victim} failed", self.last_words(victim)) from failed

    def _failed_trainer(self) -> str | None:
        for name in TRAINERS:
            container = self.container(name)
            if container and container.status == "exited" and container.attrs["State"]["ExitCode"]:
                return name
        return None

    def _service(self, name: str) -> Service:
        container = self.container(name)
        port = PORTS_OF[name][0]
        return Service(
            name=name,
            state=_state(container) if container else "absent",
            health=str(container.health) if container and container.status == "running" else "",
            address=self.ports.url(port),
            detail=str(container.name) if container else "",
        )

    def environment(self, base: images.BaseImage | None = None) -> dict[str, str]:
        """The variables that compose.yaml reads; with a base image, those for a build, too."""
        build = images.build_environment(base) if base else {}
        return {**self.ports.environment(), "LAB_PROJECT": self.project, **build}

    def _compose(
        self, words: Sequence[str], doing: str, base: images.BaseImage | None = None
    ) -> Iterator[str]:
        return self.engine.run_compose(
            ["--file", str(COMPOSE_FILE), *words],
            doing=doing,
            environment=self.environment(base),
            folder=ROOT,
        )

    def _demand_room(self) -> None:
        """Raise where a build would fill the disk.

        Raises:
            LabError: less than `ROOM_TO_BUILD` is free.
        """
        free = shutil.disk_usage(ROOT).free
        if free < ROOM_TO_BUILD:
            raise LabError(
                "building the images",
                f"{free / 1e9:.1f} GB of disk are free, and a first build wants "
                f"{ROOM_TO_BUILD / 1e9:.1f} GB",
                "make room (`docker system df` shows what Docker holds), "
                "or run without images: `./lab demo --processes`",
            )


def _state(container: Container) -> str:
    if container.status != "exited":
        return str(container.status)
    ended = container.attrs["State"]
    return f"exited ({ended['ExitCode']}{', out of memory' if ended.get('OOMKilled') else ''})"


def _image_id(container: Container) -> str:
    image = container.image
    return str(image.short_id) if image else "unknown"


def balancer_in_use(engine: Engine, project: str = PROJECT) -> str:
    """Which of `BALANCERS` a project has a container of, rather a running one; else ours."""
    stack = ContainerStack(engine, project=project)
    found = {name: stack.container(service) for name, service in BALANCERS.items()}
    present = {name: each.status for name, each in found.items() if each}
    running = [name for name, status in present.items() if status == "running"]
    return next(iter([*running, *present]), "ours")
