"""What a stack is, whichever way it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import indent
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

TRAINERS = ("train-a", "train-b")
"""What makes each recommender's model, and ends with it."""

BALANCERS = {"ours": "balancer", "nginx": "nginx", "haproxy": "haproxy"}
"""Who can stand between visitors and recommenders, each with its service's name in Compose.
Processes know only ours."""

ADMIN = {
    "ours": "/status, /metrics, PUT /weights",
    "nginx": "/status, /stub_status",
    "haproxy": "/status, /metrics, /stats",
}
"""What each of them answers on the admin port."""

READY_TIMEOUT = 60.0
"""Seconds from the start of the services until every part must answer."""


class StackError(LabError):
    """A part of the stack died or never became healthy; the end of its log is shown."""


@dataclass(frozen=True)
class Service:
    """One part of the stack as it is now.

    Attributes:
        name: one of `SERVICES`; with another balancer in its place, that one's.
        state: `running`, `paused`, `exited (137)` (with its exit code, as far as that can be
            known), ... or `absent`.
        health: `healthy`, `starting`, `unhealthy`, or empty where nothing checks it.
        address: where it answers on this machine.
        detail: the container's name or the process's number.
    """

    name: str
    state: str
    health: str
    address: str
    detail: str

    @property
    def trouble(self) -> str:
        """What is the matter with it, to be read after its name; empty while it is well."""
        if self.state == "running":
            return "" if self.health == "healthy" else f"is running, but {self.health}"
        ended = self.state.startswith("exited")
        return f"has ended: {self.state}" if ended else f"is {self.state}"


@dataclass(frozen=True)
class Unwell:
    """A service that does not serve.

    Attributes:
        name: of the service.
        trouble: what is the matter, to be read after the name.
        last_words: the end of its log.
    """

    name: str
    trouble: str
    last_words: str

    def __str__(self) -> str:
        return f"{self.name} {self.trouble}. The last it said:\n{indent(self.last_words, '  ')}"


def training_failed(found: str, last_words: str) -> StackError:
    """The error for a model that could not be trained."""
    return StackError(
        "training the models",
        f"{found}. The last it said:\n{indent(last_words, '  ')}",
        "mend what it says, then run this again",
    )


class Stack(Protocol):
    """Two recommenders behind a balancer, started and stopped together."""

    @property
    def ports(self) -> Ports:
        """Where it answers on this machine."""

    @property
    def kind(self) -> str:
        """`containers` or `processes`; with another balancer than ours, `containers-nginx`."""

    @property
    def balancer(self) -> str:
        """One of `BALANCERS`: who is between visitors and recommenders."""

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

    def kill(self, service: str) -> None:
        """End one running service at once, without a word to it: SIGKILL, as a crash would.

        Raises:
            LabError: no service of this stack, or it does not run.
        """

    def start(self, service: str) -> None:
        """Start one service again that has ended, and return once it is healthy.

        One that runs is left alone.

        Raises:
            LabError: no service of this stack, or it was never up.
            StackError: it never became healthy; the end of its log is shown.
        """

    def services(self) -> list[Service]:
        """Every part as it is now."""

    def last_words(self, service: str) -> str:
        """The end of one service's log."""

    def logs(self, service: str | None, *, follow: bool) -> Iterator[str]:
        """Log lines of one service, or of all with their names before them."""

    def event_log(self) -> bytes:
        """Everything the balancer has recorded so far; empty if nothing."""


def table(stack: Stack) -> Styler:
    """Every part of a stack as it is now, a row each."""
    from lab_utils import tables  # with pandas, half a second that `./lab status` does not need

    return tables.worded(stack.services(), index="name")


def unwell(stack: Stack) -> list[Unwell]:
    """Every part of a stack that is not running or not healthy now, with the last it said."""
    return [_unwell(stack, each) for each in stack.services() if each.trouble]


def _unwell(stack: Stack, service: Service) -> Unwell:
    return Unwell(service.name, service.trouble, stack.last_words(service.name))


def names(stack: Stack) -> list[str]:
    """The parts of a stack by name, with the balancer that is in use."""
    return [each.name for each in stack.services()]


def part(stack: Stack, name: str, doing: str) -> Service:
    """One part of a stack as it is now.

    Raises:
        LabError: the stack has none of that name.
    """
    found = {each.name: each for each in stack.services()}
    if name not in found:
        raise LabError(doing, f"there is no service {name!r}", f"name one of {', '.join(found)}")
    return found[name]


def demand_running(stack: Stack, name: str, doing: str) -> None:
    """Raise unless a service runs, paused or not.

    Raises:
        LabError: it does not, or there is none of that name.
    """
    known = part(stack, name, doing)
    if known.state not in ("running", "paused"):
        raise LabError(doing, f"it {known.trouble}", f'`start("{name}")` starts it again')


def wait_until_healthy(stack: Stack, name: str) -> None:
    """Wait until one service runs and is held for healthy.

    Raises:
        StackError: it died, or the time was up.
    """
    doing = f"starting {name}"

    def missing() -> str | None:
        known = part(stack, name, doing)
        if known.state.startswith("exited"):
            found = str(_unwell(stack, known))
            raise StackError(doing, found, "mend what it says, then start it again")
        return f"{name} {known.trouble}" if known.trouble else None

    waiting.until(
        missing,
        timeout=READY_TIMEOUT,
        doing=doing,
        next_step="`./lab up` tries again; `./lab doctor` looks at this machine",
        details=lambda: stack.last_words(name),
    )


def wait_until_ready(stack: Stack) -> None:
    """Wait until every part runs, answers, and is held for healthy by all who look.

    Raises:
        StackError: a service died, or the time was up.
    """

    def missing() -> str | None:
        services = stack.services()
        if dead := [_unwell(stack, each) for each in services if each.state != "running"]:
            said = "\n".join(map(str, dead))
            raise StackError("starting the stack", said, "mend what it says, then run this again")
        troubles = [f"{each.name} {each.trouble}" for each in services if each.trouble]
        return not_ready(stack.ports) or ("; ".join(troubles) or None)

    waiting.until(
        missing,
        timeout=READY_TIMEOUT,
        doing="starting the stack",
        next_step="`./lab up` tries again; `./lab doctor` looks at this machine",
        details=lambda: "\n".join(f"{name}: {stack.last_words(name)}" for name in names(stack)),
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
