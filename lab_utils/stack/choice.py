"""Which way the stack runs on this machine, and why."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from lab_utils import docker_engine
from lab_utils.errors import LabError
from lab_utils.ports import Ports
from lab_utils.stack.base import Stack
from lab_utils.stack.containers import ContainerStack, balancer_in_use
from lab_utils.stack.processes import ProcessStack

Kind = Literal["auto", "containers", "processes"]


def choose(
    kind: Kind, say: Callable[[str], None], ports: Ports | None = None, balancer: str = "ours"
) -> Stack:
    """Containers where an engine answers, else local processes, plainly told.

    Args:
        kind: `auto`, or the one that is wanted and no other.
        say: told what is missing where `auto` falls back to processes.
        ports: where the services answer; the environment's by default.
        balancer: one of `BALANCERS`.

    Raises:
        EngineUnavailable: containers are demanded, and no engine answers.
        LabError: another balancer than ours is to run as a process.
    """
    ports = ports or Ports.from_environment()
    if kind == "processes":
        if balancer != "ours":
            raise _containers_only(balancer, "--processes asks for none", "leave --processes out")
        return ProcessStack(ports)
    try:
        return ContainerStack(docker_engine.find(), ports, balancer=balancer)
    except docker_engine.EngineUnavailable as missing:
        if kind == "containers":
            raise
        if balancer != "ours":
            raise _containers_only(balancer, missing.found, missing.next_step) from None
        say(f"No Docker Engine: {missing.found}.")
        say("Going on with local processes: the same experiment, but no isolation, no images.")
        say(f"To have containers: {missing.next_step}.")
        return ProcessStack(ports)


def in_its_place(stack: Stack, balancer: str, say: Callable[[str], None]) -> Stack | None:
    """Put another balancer between the same visitors and recommenders, on the same ports.

    Args:
        stack: in containers, and up.
        balancer: one of `BALANCERS`.
        say: told each step, and why it cannot be where it cannot.

    Returns:
        The stack with the other balancer, up; None where the stack is not in containers.

    Raises:
        LabError: it does not come up.
    """
    if not isinstance(stack, ContainerStack):
        say(f"{balancer} runs in a container, and this stack in {stack.kind}: nothing is changed.")
        return None
    other = replace(stack, balancer=balancer)
    other.up(say)
    return other


def running() -> Stack | None:
    """The stack that is up on this machine, whichever way; None if none is."""
    return next((stack for stack in _candidates() if "running" in _states(stack)), None)


def present() -> Stack | None:
    """The stack that is up, or else one that has died and can still be asked; None if none is."""
    found = [stack for stack in _candidates() if _states(stack) != {"absent"}]
    return next((stack for stack in found if "running" in _states(stack)), next(iter(found), None))


def unseen() -> docker_engine.EngineUnavailable | None:
    """Why nobody can see whether a stack in containers is up; None if one can, or none can be."""
    try:
        docker_engine.find(with_compose=False)
    except docker_engine.EngineUnavailable as missing:
        return missing if missing.reason != "missing" else None
    return None


def _candidates() -> list[Stack]:
    ports = Ports.from_environment()
    candidates: list[Stack] = [ProcessStack(ports)]
    if engine := _engine():
        candidates.append(ContainerStack(engine, ports, balancer=balancer_in_use(engine)))
    return candidates


def _engine() -> docker_engine.Engine | None:
    """The engine that answers, with Compose or without: what is up can be seen either way."""
    for with_compose in (True, False):
        with contextlib.suppress(docker_engine.EngineUnavailable):
            return docker_engine.find(with_compose=with_compose)
    return None


def _states(stack: Stack) -> set[str]:
    return {service.state for service in stack.services()}


def _containers_only(balancer: str, found: str, next_step: str) -> LabError:
    return LabError(
        f"putting {balancer} in the balancer's place",
        f"the industrial balancers run in containers only, and {found}",
        f"{next_step}; or leave `--balancer {balancer}` out: ours runs anywhere",
    )
