"""Harm done to a recommender on purpose, and what everyone who is asked has to say about it."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from lab_utils import balancer, waiting
from lab_utils.compose.output import Provenance, banner
from lab_utils.compose.visitors import users_of
from lab_utils.ports import Ports
from lab_utils.stack import Stack
from lab_utils.stack.containers import ContainerStack

SERVICE, VARIANT, OTHER = "recommender-b", "b", "a"

PATIENCE = 3.0
"""Seconds a visitor waits for an answer."""

NOTICE_TIMEOUT = 30.0
"""Seconds until the balancer must have noticed."""


@dataclass(frozen=True)
class Testimony:
    """What was said after something was done to a service.

    Attributes:
        done: what was done.
        rows: who was asked, and what they said.
        recorded: where it comes from, if it was not done here and now.
    """

    done: str
    rows: tuple[tuple[str, str], ...]
    recorded: Provenance | None = None

    def __str__(self) -> str:
        width = max((len(who) for who, _ in self.rows), default=0)
        told = [f"{who:<{width}}  {says}" for who, says in self.rows]
        return "\n".join([self.done, *told, *([str(self.recorded)] if self.recorded else [])])

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        cell = '<td style="text-align:left">'
        rows = "".join(
            f"<tr>{cell}{html.escape(who)}</td>{cell}{html.escape(says)}</td></tr>"
            for who, says in self.rows
        )
        head = '<th style="text-align:left">asked</th><th style="text-align:left">said</th>'
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        shown = f"<p><b>{html.escape(self.done)}</b></p>{table}{banner(self.recorded)}"
        return {"text/html": shown, "text/plain": str(self)}


def kill(stack: Stack) -> Testimony:
    """End recommender b at once, as a crash would, and ask around."""
    return _after(stack, f"{SERVICE} was killed (SIGKILL)", lambda: stack.kill(SERVICE))


def cut(stack: ContainerStack) -> Testimony:
    """Take recommender b off the network, and ask around."""
    return _after(stack, f"{SERVICE} was taken off the network", lambda: _cut(stack))


def _after(stack: Stack, done: str, do: Callable[[], object]) -> Testimony:
    address = stack.ports.url("balancer")
    users = users_of(address, VARIANT)
    others = users_of(address, OTHER)
    do()
    at_once = _ask(address, users[0])
    waiting.until(
        lambda: None if _verdict(stack.ports)[0] != "healthy" else "the balancer sees no fault",
        timeout=NOTICE_TIMEOUT,
        doing="waiting for the balancer to notice",
        next_step="`./lab logs balancer` shows what it found",
    )
    (state,) = [each for each in stack.services() if each.name == SERVICE]
    health = f", {state.health}" if state.health else ""
    return Testimony(
        done,
        (
            (f"a visitor of {VARIANT}, at once", at_once),
            (f"a visitor of {VARIANT}, once the balancer knows", _ask(address, users[1])),
            (f"a visitor of {OTHER}", _ask(address, others[0])),
            ("whoever runs it", f"{state.state}{health}"),
            ("the balancer", ": ".join(_verdict(stack.ports))),
        ),
    )


def _ask(address: str, user: str) -> str:
    try:
        answer = httpx.get(f"{address}/recommend/{user}?n=1", timeout=PATIENCE, trust_env=False)
    except httpx.HTTPError as error:
        return f"no answer: {type(error).__name__}"
    said = answer.json()
    return f"{answer.status_code} {said.get('error') or 'and a film'}"


def _verdict(ports: Ports) -> tuple[str, str]:
    """The balancer's on recommender b's one backend: health and why."""
    backends = balancer.status(ports)["variants"][VARIANT]["backends"]
    well = next((each for each in backends if each["health"] == "healthy"), backends[0])
    return str(well["health"]), str(well["detail"])


def _cut(stack: ContainerStack) -> None:
    container = stack.container(SERVICE)
    if container is not None:
        for network in container.attrs["NetworkSettings"]["Networks"]:
            stack.engine.client.networks.get(network).disconnect(container)
