"""What a container is made of, by hand, inside the tiny guest, where nothing can be broken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One command, and what it showed.

    Attributes:
        title: which part of a container it makes: `namespaces`, `overlay`, `cgroup`, ...
        command: as typed into the guest's shell.
        output: what it printed.
        meaning: one sentence: what to see in it.
        seconds: it took.
    """

    title: str
    command: str
    output: str
    meaning: str
    seconds: float


def container_by_hand() -> tuple[Step, ...]:
    """Namespaces, a root of its own in layers, and a memory limit, each with one command.

    Raises:
        Unavailable: no virtual machine can be had here.
    """
    raise NotImplementedError
