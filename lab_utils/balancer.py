"""The balancer's admin port, asked: who is served, in which proportions."""

from __future__ import annotations

from typing import Any

from lab_utils import waiting
from lab_utils.errors import LabError
from lab_utils.ports import Ports


def status(ports: Ports) -> dict[str, Any]:
    """Everything the balancer says of itself: variants, weights, backends, counts.

    Raises:
        LabError: it does not answer.
    """
    url = ports.url("admin") + "/status"
    said = waiting.answer(url)
    if said is None:
        raise LabError(
            "asking the balancer for its status",
            f"nothing answers at {url}",
            "is the stack up? `./lab status` looks, `./lab up` starts it",
        )
    return said


def planned_split(ports: Ports) -> dict[str, float]:
    """The share of users that each variant is to have by the weights in force; sums to 1."""
    weights = {name: each["weight"] for name, each in status(ports)["variants"].items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
