"""Which containers answered how many requests: read from the event log."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

import httpx

from lab_utils.compose.output import Provenance, Seen
from lab_utils.compose.visitors import TIMEOUT, users_of
from lab_utils.stack import Stack


@dataclass(frozen=True, repr=False)
class Spread(Seen):
    """Requests by the backend that answered them.

    Attributes:
        answered: how many, by the backend's address.
        recorded: where it comes from, if it was not measured here and now.
    """

    answered: dict[str, int]
    recorded: Provenance | None = None

    @property
    def told(self) -> str:
        """How many, and who."""
        return "\n".join(f"{count:>4}  {address}" for address, count in self.answered.items())


def measured(stack: Stack, variant: str, visits: int) -> Spread:
    """Send visits of one variant's users, and count who answered them."""
    address = stack.ports.url("balancer")
    users = users_of(address, variant)
    with httpx.Client(base_url=address, timeout=TIMEOUT, trust_env=False) as client:
        for number in range(visits):
            client.get(f"/recommend/{users[number % len(users)]}?n=1")
    events = [json.loads(line) for line in stack.event_log().splitlines()[-visits:]]
    return Spread(dict(sorted(Counter(each["backend"] for each in events).items())))
