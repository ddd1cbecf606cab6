"""What a stack is, whichever way it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lab_utils import waiting
from lab_utils.errors import LabError
from lab_utils.ports import Ports

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

Say = Callable[[str], None]


def quiet(_line: str) -> None:
    """Tells nobody."""


SERVICES = ("recommender-a", "recommender-b", "balancer")
"""The parts that stay up; each recommender is trained before it is started."""

READY_TIMEOUT = 60.0
"""Seconds from the start of the services until every part must answer."""


class StackError(LabError):
    """A part of the stack died or never became healthy; the end of its log is shown."""


@dataclass(frozen=True)
class Service:
    """One part of the stack as it is now.

    Attributes:
        name: one of `SERVICES`.
        state: `running`, `exited`, ... or `absent`.
        health: `healthy`, `starting`, `unhealthy`, or empty where nothing checks it.
        address: where it answers on this machine.
        detail: the container's name or the process's number.
    """

    name: str
    state: str
    health: str
    address: str
    detail: str


class Stack(Protocol):
    """Two recommenders behind a balancer, started and stopped together."""

    @property
    def ports(self) -> Ports:
        """Where it answers on this machine."""

    @property
    def kind(self) -> str:
        """`containers` or `processes`."""

    @property
    def description(self) -> str:
        """One sentence for the report: how it ran, and what that leaves out."""

    def versions(self) -> dict[str, str]:
        """What took part besides this Python, by name, for a report."""

    def up(self, say: Say, watch: Say = quiet) -> None:
        """Build, train, start, and return once every part answers.

        Args:
            say: told each step.
            watch: told each line of the tools at work, of passing interest.
        """

    def down(self, say: Say) -> None:
        """Stop and remove what `up` started; models and the event log are kept."""

    def services(self) -> list[Service]:
        """Every part as it is now."""

    def logs(self, service: str | None, *, follow: bool) -> Iterator[str]:
        """Log lines of one service, or of all with their names before them."""

    def event_log(self) -> bytes:
        """Everything the balancer has recorded so far; empty if nothing."""


def table(stack: Stack) -> Styler:
    """Every part of a stack as it is now, a row each."""
    from lab_utils import tables  # with pandas, half a second that `./lab status` does not need

    return tables.worded(stack.services(), index="name")


def wait_until_ready(stack: Stack, log: Callable[[], str]) -> None:
    """Wait until every part runs, answers, and is held for healthy by all who look.

    Args:
        stack: what was started.
        log: the last lines of its services, for an error.

    Raises:
        StackError: a service died, or the time was up.
    """

    def missing() -> str | None:
        services = stack.services()
        if dead := [each.name for each in services if each.state != "running"]:
            raise StackError(
                "starting the stack",
                f"{dead[0]} has ended; the last they said:\n{log()}",
                f"mend what it says, then `./lab up`; `./lab logs {dead[0]}` shows all of it",
            )
        unwell = [f"{each.name} is {each.health}" for each in services if each.health != "healthy"]
        return not_ready(stack.ports) or ("; ".join(unwell) or None)

    waiting.until(
        missing,
        timeout=READY_TIMEOUT,
        doing="starting the stack",
        next_step="`./lab logs` shows all they said; `./lab status` what answers now",
        details=log,
    )


def not_ready(ports: Ports) -> str | None:
    """What of the stack does not answer yet, in words; None when all of it does."""
    for name in ("a", "b"):
        if waiting.answer(ports.url(name) + "/healthz") is None:
            return f"recommender-{name} does not answer at {ports.url(name)}/healthz"
    status = waiting.answer(ports.url("admin") + "/status")
    if status is None:
        return f"the balancer does not answer at {ports.url('admin')}/status"
    backends = [each for variant in status["variants"].values() for each in variant["backends"]]
    sick = [each["address"] for each in backends if each["health"] != "healthy"]
    return f"the balancer does not find {', '.join(sick)} healthy" if sick else None
