"""Who can reach whom: asked of the containers themselves, by opening a connection."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from lab_utils.compose.output import Provenance, Seen
from lab_utils.ports import HOST, Ports
from lab_utils.stack.containers import ContainerStack

PYTHON = "/opt/venv/bin/python"
OPENS = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()"

OUTSIDE = "bridge"
"""The network of containers that are in no project."""


@dataclass(frozen=True)
class Question:
    """A connection that somebody opens.

    Attributes:
        letter: what it is called.
        who: a service, `this computer`, or `a stranger`: a container of no project.
        to: the address, as `who` writes it.
    """

    letter: str
    who: str
    to: str


@dataclass(frozen=True, repr=False)
class Reach(Seen):
    """Which connections could be opened.

    Attributes:
        opened: by letter of the question.
        questions: what was asked.
        recorded: where it comes from, if it was not tried here and now.
    """

    opened: dict[str, bool]
    questions: tuple[Question, ...]
    recorded: Provenance | None = None

    @property
    def told(self) -> str:
        """Each question with its answer."""
        return "\n".join(
            f"{each.letter}: {each.who} → {each.to}: {'yes' if self.opened[each.letter] else 'no'}"
            for each in self.questions
        )


def questions(ports: Ports) -> tuple[Question, ...]:
    """Those the notebook asks, with this stack's ports."""
    return (
        Question("A", "balancer", "recommender-a:8000"),
        Question("B", "this computer", "recommender-a:8000"),
        Question("C", "this computer", f"{HOST}:{ports.a}"),
        Question("D", "balancer", f"{HOST}:8000"),
        Question("E", "recommender-b", "balancer:8083"),
        Question("F", "a stranger", "recommender-a:8000"),
    )


def tried(stack: ContainerStack) -> Reach:
    """Every question put to the system as it is."""
    asked = questions(stack.ports)
    return Reach({each.letter: _opens(stack, each) for each in asked}, asked)


def _opens(stack: ContainerStack, question: Question) -> bool:
    host, _, port = question.to.partition(":")
    if question.who == "this computer":
        return _opens_here(host, int(port))
    command = [PYTHON, "-c", OPENS, host, port]
    if question.who == "a stranger":
        image = f"{stack.project}/balancer"
        return stack.engine.exit_code(image, command, network=OUTSIDE, project=stack.project) == 0
    container = stack.container(question.who)
    return container is not None and container.exec_run(command).exit_code == 0


def _opens_here(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 2).close()
    except OSError:
        return False
    return True
