"""The admin port: `GET /status`, `GET /metrics` and `PUT /weights`.

It speaks HTTP through the same files as the port for visitors; only what stands behind differs.
"""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from balancer import __version__
from balancer.exchange import Exchange
from balancer.heads import HttpError
from balancer.metrics import exposition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from balancer.balancer import Balancer
    from balancer.client_side import ClientConnection

_MOST_WEIGHT = 1_000_000
_PROMETHEUS = b"Content-Type: text/plain; version=0.0.4\r\n"
_HEALTH_WORDS = {None: "unknown", True: "healthy", False: "unhealthy"}


class Admin:
    """Everything behind the admin port.

    Args:
        balancer: the one to administer.
    """

    def __init__(self, balancer: Balancer) -> None:
        self.balancer = balancer
        self.limits = balancer.limits
        self.user_header = balancer.user_header
        self.connections: set[ClientConnection] = set()
        self.draining = False
        self._started = monotonic()

    def exchange_for(self, target: str) -> type[Exchange]:  # noqa: ARG002 - asked of every service
        """Every request is answered here."""
        return AdminExchange

    def status(self) -> dict[str, Any]:
        """What there is to see; times in seconds."""
        balancer, settings = self.balancer, self.balancer.settings
        return {
            "version": __version__,
            "uptime_s": round(monotonic() - self._started, 3),
            "strategy": settings.strategy,
            "backend_strategy": settings.backend_strategy,
            "salt": settings.salt,
            "variants": {name: self._variant(name) for name in balancer.backends},
            "counts": _counts(balancer),
            "event_log": {
                "path": str(balancer.event_log.path),
                "torn_lines_repaired": balancer.event_log.torn_lines,
                "write_errors": balancer.event_log.write_errors,
            },
        }

    def _variant(self, name: str) -> dict[str, Any]:
        return {
            "weight": self.balancer.weights[name],
            "planned_weight": self.balancer.settings.weights[name],
            "backends": [
                {
                    "address": backend.name,
                    "health": _HEALTH_WORDS[backend.health.healthy],
                    "detail": backend.health.detail,
                    "in_flight": backend.in_flight,
                }
                for backend in self.balancer.backends[name]
            ],
        }


class AdminExchange(Exchange):
    """A request to the admin port."""

    @property
    def _admin(self) -> Admin:
        return cast("Admin", self.client.service)

    def respond(self, body: bytes) -> None:
        """Find who answers for the path, and let it."""
        routes: dict[str, tuple[str, Callable[[bytes], None]]] = {
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
        respond(body)

    def _status(self, _: bytes) -> None:
        self._answer_json(self._admin.status())

    def _metrics(self, _: bytes) -> None:
        self.answer(200, exposition(self._admin.balancer).encode(), _PROMETHEUS)

    def _weights(self, body: bytes) -> None:
        balancer = self._admin.balancer
        # A new dict in one step: no request ever sees half of the change.
        balancer.weights = parse_weights(body, balancer.weights)
        self._answer_json({"weights": balancer.weights})

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
        if not (number and 0 <= weight <= _MOST_WEIGHT):
            found = json.dumps(weight)[:80]
            raise HttpError(400, f"{name}: found {found}, may be a number, 0 to {_MOST_WEIGHT:,}")
    if not any(sent.values()):
        raise HttpError(400, "the weights may not all be 0: nobody would get anything")
    return {name: sent[name] for name in present}


def _counts(balancer: Balancer) -> dict[str, Any]:
    """Requests and outcomes by variant; "none" where it did not come to a choice."""
    requests: dict[str, int] = {}
    outcomes: dict[str, int] = {}
    for (variant, _, _), count in balancer.metrics.requests.items():
        requests[variant or "none"] = requests.get(variant or "none", 0) + count
    for (variant, _), count in balancer.metrics.outcomes.items():
        outcomes[variant] = outcomes.get(variant, 0) + count
    return {"requests": requests, "outcomes": outcomes}
