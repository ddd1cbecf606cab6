"""The balancer's admin port, asked: who is served, in which proportions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Weights:
    """The balancer's weights at one moment.

    *Planned* is what an experiment was planned with before its visitors came: the weights in
    force at that moment, whether they are those of the settings or were put since.

    Attributes:
        present: in force now, by variant.
        settings: what the balancer's settings file gives.
    """

    present: Mapping[str, float]
    settings: Mapping[str, float]

    @property
    def split(self) -> dict[str, float]:
        """The share of users that each variant is to have by the present weights; sums to 1."""
        return _shares(self.present)

    def note(self) -> str | None:
        """That a run which starts now is not planned as the settings say; None if it is."""
        if self.split == _shares(self.settings):
            return None
        change = f"from {_written(self.settings)} to {_written(self.present)}"
        return (
            f"weights were changed {change} before this run; {_written(self.present)} is its plan"
        )

    def alarm(self, ports: Ports) -> str | None:
        """That the weights are no longer these, those of a run's start; None if they are."""
        try:
            after = weights(ports)
        except LabError:
            return (
                "the balancer did not answer after this run: whether its weights stayed as they "
                "were is not known"
            )
        if after.split == self.split:
            return None
        change = f"from {_written(self.present)} to {_written(after.present)}"
        return (
            f"weights were changed {change} during this run: no one split was planned, so the "
            "check of the split means nothing, and neither does the verdict; run it again"
        )


def weights(ports: Ports) -> Weights:
    """The weights in force now, and those of the settings.

    Raises:
        LabError: the balancer does not answer.
    """
    variants = status(ports)["variants"].items()
    return Weights(
        present={name: each["weight"] for name, each in variants},
        settings={name: each["planned_weight"] for name, each in variants},
    )


def planned_split(ports: Ports) -> dict[str, float]:
    """The split that a run is planned with if it starts now; sums to 1."""
    return weights(ports).split


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _written(weights: Mapping[str, float]) -> str:
    return "/".join(f"{weight:g}" for weight in weights.values())
