"""The stack that is hurt: a project of its own, and the ways to hurt it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from docker.models.containers import Container

from lab_utils import images, waiting
from lab_utils.docker_engine import Engine
from lab_utils.errors import LabError
from lab_utils.paths import COMPOSE_FILE, ROOT
from lab_utils.ports import Ports
from lab_utils.stack.base import Say
from lab_utils.stack.containers import ContainerStack

OVERRIDES = ROOT / "benchmarks" / "chaos" / "compose.yaml"
HEALTHY_WITHIN = 60.0
"""Seconds until the balancer must find every backend healthy."""


@dataclass(frozen=True)
class ChaosStack:
    """Two recommenders behind a balancer, to be hurt.

    Attributes:
        engine: where it runs.
        ports: where the balancer answers on this machine; the recommenders have no ports here.
        project: the Compose project's name and the label of all that belongs to it.
    """

    engine: Engine
    ports: Ports
    project: str

    def up(self, say: Say) -> None:
        """Build, train, start, and wait until the balancer finds both recommenders healthy."""
        base = images.python_base(self.engine, say)
        say("building the images, training both models, starting the services")
        words = ["--progress=plain", "up", "--detach", "--build"]
        for _ in self._compose(words, "starting the stack", images.build_environment(base)):
            pass
        self.wait_until_healthy(2)

    def remove(self) -> None:
        """Remove everything that belongs to the project."""
        self.engine.remove_all(self.project)

    def double(self, service: str) -> None:
        """Have two containers of a service."""
        words = ["up", "--detach", "--no-build", "--no-deps", "--no-recreate"]
        for _ in self._compose([*words, f"--scale={service}=2", service], f"doubling {service}"):
            pass

    def container(self, service: str) -> Container:
        """The newest container of a service.

        Raises:
            LabError: there is none.
        """
        return self.containers(service)[0]

    def containers(self, service: str) -> list[Container]:
        """All containers of a service, newest first.

        Raises:
            LabError: there is none.
        """
        found = self.engine.containers(self.project, service)
        if not found:
            raise LabError(
                f"looking for a container of {service}",
                f"there is none in the project {self.project}",
                "somebody has removed it: run the benchmark again",
            )
        return found

    def swap_addresses(self, service: str, other: str) -> None:
        """Kill both and start the other one: it gets the address that the first one had."""
        for each in (service, other):
            self.container(each).kill("SIGKILL")
        self.container(other).start()

    def cut_off(self, service: str) -> None:
        """Take a service's container from the network."""
        self.engine.client.networks.get(self._network).disconnect(self.container(service))

    def join(self, service: str) -> None:
        """Bring it back, under the name by which the balancer knows it."""
        network = self.engine.client.networks.get(self._network)
        network.connect(self.container(service), aliases=[service])

    def wait_until_healthy(self, backends: int) -> None:
        """Wait until the balancer finds so many backends, all of them healthy.

        Raises:
            LabError: it took too long.
        """

        def missing() -> str | None:
            status = waiting.answer(self.ports.url("admin") + "/status")
            if status is None:
                return "the balancer does not answer"
            found = [
                each for variant in status["variants"].values() for each in variant["backends"]
            ]
            sick = [each["address"] for each in found if each["health"] != "healthy"]
            if sick:
                return f"{', '.join(sick)} is not healthy"
            return None if len(found) == backends else f"there are {len(found)} backends"

        waiting.until(
            missing,
            timeout=HEALTHY_WITHIN,
            doing=f"waiting for {backends} healthy backends",
            next_step="run the benchmark again; if it is the same, look at the lines above",
            details=lambda: self.balancer_log()[-2000:],
        )

    def balancer_log(self) -> str:
        """What the balancer has said."""
        return str(self.container("balancer").logs().decode(errors="replace"))

    def event_log(self) -> bytes:
        """What the balancer has recorded."""
        return self._plain.event_log()

    @cached_property
    def _plain(self) -> ContainerStack:
        return ContainerStack(self.engine, self.ports, self.project)

    @property
    def _network(self) -> str:
        return f"{self.project}_default"

    def _compose(
        self, words: list[str], doing: str, build: dict[str, str] | None = None
    ) -> Iterator[str]:
        return self.engine.run_compose(
            [f"--file={COMPOSE_FILE}", f"--file={OVERRIDES}", *words],
            doing=doing,
            environment={
                **self.ports.environment(),
                "LAB_PROJECT": self.project,
                **(build or {}),
            },
            folder=ROOT,
        )
