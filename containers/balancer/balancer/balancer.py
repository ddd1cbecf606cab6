"""The balancer: what all requests share, the choice of a variant for each, and their record."""

from __future__ import annotations

import itertools
import random
import secrets
from collections import Counter
from typing import TYPE_CHECKING

from balancer.backend import Backend, Variant
from balancer.choosers import chooser
from balancer.client_side import Service
from balancer.forward import Forwarded
from balancer.hot_path import commit, take_answers, take_requests
from balancer.metrics import Metrics
from balancer.outcome import OutcomeExchange
from balancer.strategies import sticky

if TYPE_CHECKING:
    from collections.abc import Callable

    from balancer.backend_side import BackendConnection
    from balancer.control import View
    from balancer.event_log import EventLog
    from balancer.exchange import Exchange, Recorded
    from balancer.settings import Settings


class Balancer(Service):
    """Everything behind the port that visitors use.

    Args:
        settings: as loaded.
        event_log: open for appending.
        failing: told a backend's name, and why, when its requests fail too often in a row.
        learnt: told each outcome, where other workers are to know it too.
    """

    def __init__(
        self,
        settings: Settings,
        event_log: EventLog,
        failing: Callable[[str, str], None],
        learnt: Callable[[str, int], None] | None = None,
    ) -> None:
        super().__init__(settings.limits, settings.user.header.lower().encode())
        self.settings = settings
        self.event_log = event_log
        self.failing = failing
        self.metrics = Metrics()
        self.variants = {each.name: Variant(each.name, self) for each in settings.variants}
        # What strategies choose by: see strategies.Facts.
        self.salt = settings.salt
        self.epsilon = settings.epsilon
        self.outcomes = self.metrics.outcomes
        self.random = random.Random(settings.seed)  # noqa: S311 - a lottery, not a secret
        self._learnt = learnt
        self._set_weights(settings.weights)
        # Ids need to be unique, not secret: a random part for this process, a number for each.
        self.id_prefix = secrets.token_hex(6)
        self.numbers = itertools.count(1)
        self.concluded: list[tuple[Recorded, bytes]] = []
        """Exchanges whose answers wait, at their last bytes, for `commit`."""
        self.answers: list[tuple[BackendConnection, bytes]] = []
        """What has arrived from backends in this turn of the event loop."""

    choose_variant: Callable[[str], str]
    """The variant for this request of this user."""

    def apply(self, view: View) -> None:
        """Go by what the control says, from the next request on."""
        if view.weights != self.weights:
            self._set_weights(view.weights)
        for name, variant in self.variants.items():
            variant.become(view.targets[name])
        if self._learnt is not None:
            self.outcomes = Counter({(variant, each): n for variant, each, n in view.outcomes})

    def snapshot(self) -> Metrics:
        """What has been counted since the start."""
        metrics, own = self.metrics, self.settings.own_strategy
        backends = [
            each for variant in self.variants.values() for each in variant.backends.values()
        ]
        metrics.in_flight = Counter({backend.name: backend.in_flight for backend in backends})
        metrics.other["event_log_torn_lines"] = self.event_log.torn_lines
        metrics.other["event_log_write_errors"] = self.event_log.write_errors
        metrics.other["strategy_errors"] = own.errors if own else 0
        return metrics

    def record_outcome(self, variant: str, outcome: int) -> None:
        """Count what a user did next."""
        self.metrics.outcomes[variant, outcome] += 1
        if self._learnt is not None:
            self._learnt(variant, outcome)

    def stand_in(self, variant: str, user_id: str, *, without: Backend | None) -> Backend | None:
        """A backend of another variant, if the settings allow that; the same for the same user."""
        if self.settings.when_variant_is_down != "failover":
            return None
        able = {
            name: weight
            for name, weight in self.weights.items()
            if weight and name != variant and self.variants[name].choose(without=without)
        }
        if not able:
            return None
        return self.variants[sticky(able, self.salt, user_id)].choose(without=without)

    def next_id(self) -> str:
        """A request id that no other request has."""
        return f"{self.id_prefix}-{next(self.numbers)}"

    def exchange_for(self, target: str) -> type[Exchange]:
        """The balancer answers for outcomes itself and forwards the rest."""
        if target.startswith("/outcome") and target.partition("?")[0] == "/outcome":
            return OutcomeExchange
        return Forwarded

    def take_turn(self) -> None:
        """Take in what has arrived in this turn of the event loop, answers first.

        The order matters: bytes on a connection that is free were asked for by nobody, and have to
        be seen before it is given to a request.
        """
        self.turning = False
        if self.answers:
            answers, self.answers = self.answers, []
            take_answers(self, answers)
        if self.concluded:
            commit(self)
        if self.requests:
            requests, self.requests = self.requests, []
            take_requests(self, requests)

    def conclude(self, exchange: Recorded, last: bytes) -> None:
        """Take the end of an answer, to be sent once its event is in the log."""
        self.concluded.append((exchange, last))
        if not self.turning:
            self.turn_soon()

    def close(self) -> None:
        """Say the last things there are to say, and leave the backends."""
        if self.concluded:
            commit(self)
        for variant in self.variants.values():
            variant.become(())

    def _set_weights(self, weights: dict[str, float]) -> None:
        self.weights = weights
        own = self.settings.own_strategy
        if own is None:
            self.choose_variant = chooser(self.settings.strategy, self)
        else:
            self.choose_variant = lambda user_id: own(self, user_id)
