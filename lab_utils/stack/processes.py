"""The stack as local processes: for a machine without Docker. No isolation, same experiment."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import tomli_w

from lab_utils import waiting
from lab_utils.errors import LabError
from lab_utils.paths import DATA, STATE
from lab_utils.ports import HOST, Ports
from lab_utils.processes import Process
from lab_utils.stack import settings
from lab_utils.stack.base import (
    SERVICES,
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
from lab_utils.tail import follow_files

TRAIN_TIMEOUT = 120.0
"""Seconds for one model to be trained."""


@dataclass(frozen=True)
class ProcessStack:
    """The same services on the same ports, each a plain process of this user."""

    ports: Ports = field(default_factory=Ports.from_environment)
    folder: Path = STATE / "processes"

    kind = "processes"
    balancer = "ours"
    description = (
        "Local processes: the same programs on the same ports, but no isolation: they share this "
        "machine's files, Python and processes, have no limits, and no image was built."
    )

    def versions(self) -> dict[str, str]:
        """What served: packages of this very Python."""
        served = ("flask", "scikit-learn", "django", "scikit-surprise", "granian", "httptools")
        return {name: metadata.version(name) for name in served}

    def up(self, say: Say, watch: Say = quiet) -> None:  # noqa: ARG002 - nothing is built here
        """Train both models at once, start the services, and wait until all answer.

        Raises:
            PortTaken: another program has one of the ports.
            StackError: a part died or never became healthy; what had started is stopped.
        """
        if all(self._process(name).running() for name in SERVICES):
            say("the stack is up already; what changes in balancer.toml counts after `./lab down`")
            return
        table = settings.demand()
        self.down(quiet)
        self.ports.demand_free()
        say("training both models")
        try:
            self._train_all()
            say("starting the services")
            self._start_all(table)
            wait_until_ready(self)
        except BaseException:
            self.down(quiet)
            raise

    def down(self, say: Say) -> None:
        """Stop the services, all at the same time."""
        with ThreadPoolExecutor() as pool:
            every = (*SERVICES, *TRAINERS)
            stopped = list(pool.map(lambda name: self._process(name).stop(), every))
        say(f"stopped {sum(stopped)} processes")

    def kill(self, service: str) -> None:
        """SIGKILL to a service and all it has started.

        Raises:
            LabError: no service of this stack, or it does not run.
        """
        demand_running(self, service, f"killing {service}")
        self._process(service).kill()

    def start(self, service: str) -> None:
        """Start one service again, by the settings that the stack was last brought up with.

        Raises:
            LabError: no service of this stack, or it was never up.
            StackError: it never became healthy; the end of its log is shown.
        """
        doing = f"starting {service}"
        known = part(self, service, doing)
        if known.state == "absent":
            raise LabError(doing, "this stack is not up", "`up(print)` starts all of it")
        if known.state != "running":
            self._start(service)
        wait_until_healthy(self, service)

    def services(self) -> list[Service]:
        """Every part as it is now; health is what the service itself answers."""
        return [self._service(name) for name in SERVICES]

    def logs(self, service: str | None, *, follow: bool) -> Iterator[str]:
        """Log lines, from the services' files."""
        names = [service] if service else SERVICES
        return follow_files({name: self._process(name).log for name in names}, follow=follow)

    def last_words(self, service: str) -> str:
        """The end of one service's log."""
        return self._process(service).last_lines()

    def event_log(self) -> bytes:
        """Everything the balancer has recorded so far; empty if nothing."""
        return self._events.read_bytes() if self._events.exists() else b""

    @property
    def _events(self) -> Path:
        return self.folder / "events" / "events.jsonl"

    def _process(self, name: str) -> Process:
        return Process(name, self.folder)

    def _environment(self, variant: str) -> dict[str, str]:
        return {
            "LAB_VARIANT": variant,
            "LAB_HOST": HOST,
            "LAB_PORT": str(getattr(self.ports, variant)),
            "LAB_DATA": str(DATA / "past"),
            "LAB_MODEL": str(self.folder / f"model-{variant}"),
            "OPENBLAS_NUM_THREADS": "1",  # as in the images: the server's threads are enough
        }

    def _train_all(self) -> None:
        """Train both models at the same time, each in a process that an interrupt can end."""
        for name in TRAINERS:
            variant = name.removeprefix("train-")
            (self.folder / f"model-{variant}").mkdir(parents=True, exist_ok=True)
            command = _python_module(f"recommender_{variant}", "train")
            self._process(name).start(command, self._environment(variant))
        waiting.until(
            self._untrained,
            timeout=TRAIN_TIMEOUT,
            doing="training the models",
            next_step="end what else keeps this machine busy, then run this again",
        )

    def _untrained(self) -> str | None:
        """What still trains, in words; None when both models are there."""
        ends = {name: self._process(name).end for name in TRAINERS}
        for name, end in ends.items():
            if end not in ("", "exited (0)"):
                raise training_failed(f"{name} has ended: {end}", self.last_words(name))
        still = [name for name, end in ends.items() if not end]
        return f"{' and '.join(still)} had not ended" if still else None

    def _start_all(self, table: dict[str, Any]) -> None:
        self._write_balancer_settings(table)
        for name in SERVICES:
            self._start(name)

    def _start(self, name: str) -> None:
        if name == "balancer":
            command = _python_module("balancer", "--config", str(self._settings))
            self._process(name).start(command, {})
        else:
            variant = name.removeprefix("recommender-")
            command = _python_module(f"recommender_{variant}", "serve")
            self._process(name).start(command, self._environment(variant))

    @property
    def _settings(self) -> Path:
        return self.folder / "balancer.toml"

    def _write_balancer_settings(self, table: dict[str, Any]) -> None:
        """The stack's own settings with this machine's addresses in place of Compose's names.

        Strategies of the student's own are named by files beside the settings.
        """
        table["listen"] = f"{HOST}:{self.ports.balancer}"
        table["admin"] = f"{HOST}:{self.ports.admin}"
        table["event_log"] = str(self._events)
        for variant in ("a", "b"):
            table["variants"][variant]["backends"] = [f"{HOST}:{getattr(self.ports, variant)}"]
        self._events.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.folder / "strategies", ignore_errors=True)
        shutil.copytree(settings.FILE.parent / "strategies", self.folder / "strategies")
        self._settings.write_text(tomli_w.dumps(table), "utf-8")

    def _service(self, name: str) -> Service:
        known = self._process(name)
        process = known.running()
        port = name.removeprefix("recommender-")
        path = "/status" if name == "balancer" else "/healthz"
        url = self.ports.url("admin" if name == "balancer" else port)
        healthy = process is not None and waiting.answer(url + path) is not None
        return Service(
            name=name,
            state="running" if process else known.end or "absent",
            health=("healthy" if healthy else "starting") if process else "",
            address=self.ports.url(port),
            detail=f"process {process.pid}" if process else "",
        )


def _python_module(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", *words]
