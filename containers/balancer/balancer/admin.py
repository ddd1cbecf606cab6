"""The admin port: `GET /status`, `GET /metrics` and `PUT /weights`.

It speaks HTTP through the same files as the port for visitors; only what stands behind differs.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, cast

from balancer.client_side import Service
from balancer.exchange import Exchange
from balancer.heads import HttpError
from balancer.rules import MOST_WEIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from balancer.control import Control

_PROMETHEUS = b"Content-Type: text/plain; version=0.0.4\r\n"


class Admin(Service):
    """Everything behind the admin port.

    Args:
        control: the one to ask and to tell.
    """

    def __init__(self, control: Control) -> None:
        super().__init__(control.settings.limits, user_header=b"")
        self.control = control

    def exchange_for(self, target: str) -> type[Exchange]:  # noqa: ARG002 - asked of every service
        """Every request is answered here."""
        return AdminExchange


class AdminExchange(Exchange):
    """A request to the admin port."""

    _answering: asyncio.Task[None] | None = None

    def respond(self, body: bytes) -> None:
        """Find who answers for the path, and let it."""
        routes: dict[str, tuple[str, Callable[[bytes], Coroutine[Any, Any, None]]]] = {
            "/status": ("GET", self._status),
            "/metrics": ("GET", self._metrics),
            "/weights": ("PUT", self._weights),
        }
        path = self.request.target.partition("?")[0]
        if path not in routes:
            raise HttpError(404, f"there is no {path[:80]} here, but " + ", ".join(routes))
        method, respond = routes[path]
        if self.request.method != method:
            message = f"{path} takes {method}, not {self.request.method}"
            raise HttpError(405, message, f"Allow: {method}\r\n".encode())
        # Workers in other processes have to be asked, and take a moment to answer.
        self._answering = asyncio.get_running_loop().create_task(self._run(respond(body)))

    def release(self) -> None:
        """The client has left, or is being answered."""
        if self._answering is not None and self._answering is not asyncio.current_task():
            self._answering.cancel()

    async def _run(self, responding: Coroutine[Any, Any, None]) -> None:
        try:
            await responding
        except HttpError as error:
            self.fail(error.status, error.message, error.lines)

    @property
    def _control(self) -> Control:
        return cast("Admin", self.client.service).control

    async def _status(self, _: bytes) -> None:
        self._answer_json(await self._control.status())

    async def _metrics(self, _: bytes) -> None:
        self.answer(200, (await self._control.exposition()).encode(), _PROMETHEUS)

    async def _weights(self, body: bytes) -> None:
        # A new dict in one step: no request ever sees half of the change.
        await self._control.set_weights(parse_weights(body, self._control.weights))
        self._answer_json({"weights": self._control.weights})

    def _answer_json(self, document: dict[str, Any]) -> None:
        self.answer(200, json.dumps(document, indent=2).encode() + b"\n")


def parse_weights(body: bytes, present: Mapping[str, float]) -> dict[str, float]:
    """Check new weights.

    Args:
        body: `{"a": 50, "b": 50}`.
        present: the weights there are; each variant must be named.

    Raises:
        HttpError: 400, naming the variant, what was found and what it may be.
    """
    names = ", ".join(present)
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise HttpError(400, "the body is not JSON") from None
    if not isinstance(sent, dict) or sent.keys() != present.keys():
        raise HttpError(400, f"the body may be a JSON object with a weight for each of: {names}")
    for name, weight in sent.items():
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        # a comparison, as an integer may be too long for any function that makes it a float
        if not (number and 0 <= weight <= MOST_WEIGHT):
            found = json.dumps(weight)[:80]
            raise HttpError(400, f"{name}: found {found}, may be a number, 0 to {MOST_WEIGHT:,}")
    if not any(sent.values()):
        raise HttpError(400, "the weights may not all be 0: nobody would get anything")
    return {name: sent[name] for name in present}
