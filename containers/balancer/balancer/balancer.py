"""The balancer: what all requests share, and the choice of variant and backend for each."""

from __future__ import annotations

import itertools
import random
import secrets
from typing import TYPE_CHECKING

from balancer.backend_side import Backend
from balancer.forward import Forwarded
from balancer.metrics import Metrics
from balancer.outcome import OutcomeExchange
from balancer.strategies import BACKEND_STRATEGIES, VARIANT_STRATEGIES

if TYPE_CHECKING:
    from balancer.client_side import ClientConnection
    from balancer.event_log import EventLog
    from balancer.exchange import Exchange
    from balancer.settings import Settings


class Balancer:
    """Everything behind the port that visitors use.

    Args:
        settings: as loaded.
        event_log: open for appending.
    """

    def __init__(self, settings: Settings, event_log: EventLog) -> None:
        self.settings = settings
        self.event_log = event_log
        self.limits = settings.limits
        self.user_header = settings.user.header.lower().encode()
        self.connections: set[ClientConnection] = set()
        self.draining = False
        self.metrics = Metrics()
        # What strategies choose by: see strategies.Facts.
        self.weights = settings.weights
        self.salt = settings.salt
        self.epsilon = settings.epsilon
        self.outcomes = self.metrics.outcomes
        self.random = random.Random(settings.seed)  # noqa: S311 - a lottery, not a secret
        # Its own numbers: what happens to backends must not shift what users are assigned.
        self._backend_random = random.Random(settings.seed)  # noqa: S311 - as above
        self._variant_strategy = VARIANT_STRATEGIES[settings.strategy]
        self._backend_strategy = BACKEND_STRATEGIES[settings.backend_strategy]
        self.backends = {
            variant.name: tuple(
                Backend(address, settings.health, settings.limits) for address in variant.backends
            )
            for variant in settings.variants
        }
        self._turns = dict.fromkeys(self.backends, 0)
        # Ids need to be unique, not secret: a random part for this process, a number for each.
        self._id_prefix = secrets.token_hex(6)
        self._numbers = itertools.count(1)

    def next_id(self) -> str:
        """A request id that no other request has."""
        return f"{self._id_prefix}-{next(self._numbers):x}"

    def exchange_for(self, target: str) -> type[Exchange]:
        """The balancer answers for outcomes itself and forwards the rest."""
        return OutcomeExchange if target.partition("?")[0] == "/outcome" else Forwarded

    def choose_variant(self, user_id: str) -> str:
        """The variant for this request of this user."""
        return self._variant_strategy(self, user_id)

    def choose_backend(self, variant: str) -> Backend | None:
        """A healthy backend of the variant; None if there is none."""
        healthy = [backend for backend in self.backends[variant] if backend.health.healthy]
        if len(healthy) < 2:
            return healthy[0] if healthy else None
        turn = self._turns[variant] = self._turns[variant] + 1
        in_flight = [backend.in_flight for backend in healthy]
        return healthy[self._backend_strategy(in_flight, turn, self._backend_random.random())]
