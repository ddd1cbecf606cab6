"""What there is to see of a stack at one moment, from the engine and from the balancer itself."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx

from lab_utils import waiting
from lab_utils.stack.base import Service, Stack

PATIENCE = 0.5
"""Seconds that the balancer has to say how it is; a picture is not worth waiting longer."""

COUNTED = re.compile(r'requests_total\{variant="(\w+)".*?status="(\d)xx"\} (\d+)')


@dataclass(frozen=True)
class Lane:
    """One variant: its recommender, and what the balancer makes of it.

    Attributes:
        variant: its name.
        service: the recommender as engine or operating system sees it.
        share: of the users, by the present weights, from 0 to 1; None if the balancer is silent.
        believed: what the balancer holds of its backends: `healthy` if it finds one healthy, else
            what it says of the first; empty if it is silent.
        answered: requests with an answer since the balancer began; None if it does not count.
        failed: those of them with a status of 500 or more.
    """

    variant: str
    service: Service
    share: float | None = None
    believed: str = ""
    answered: int | None = None
    failed: int | None = None


@dataclass(frozen=True)
class Snapshot:
    """A stack at one moment.

    Attributes:
        at: seconds on a clock that only goes forward.
        kind: `containers`, `processes`, ...
        balancer: the balancer as engine or operating system sees it.
        strategy: by which the balancer picks a variant; empty if it is silent or does not say.
        lanes: a and b.
    """

    at: float
    kind: str
    balancer: Service
    strategy: str
    lanes: tuple[Lane, ...]

    def rates(self, before: Snapshot | None) -> dict[str, tuple[float, float]]:
        """Answers and failures a second since an earlier moment, by variant.

        Empty where nothing was counted, or the balancer has begun anew meanwhile.
        """
        if before is None or self.at <= before.at:
            return {}
        seconds = self.at - before.at
        rates = {}
        for now, then in zip(self.lanes, before.lanes, strict=True):
            if None in (now.answered, then.answered, now.failed, then.failed):
                return {}
            answered = (now.answered or 0) - (then.answered or 0)
            if answered < 0:
                return {}
            rates[now.variant] = (
                answered / seconds,
                ((now.failed or 0) - (then.failed or 0)) / seconds,
            )
        return rates


def look(stack: Stack) -> Snapshot:
    """Ask engine and balancer once.

    Raises:
        LabError: nobody can be asked.
    """
    services = {each.name: each for each in stack.services()}
    recommenders = {name: each for name, each in services.items() if "recommender" in name}
    (balancer,) = (each for name, each in services.items() if name not in recommenders)
    admin = stack.ports.url("admin")
    running = balancer.state == "running"
    said = waiting.answer(admin + "/status", timeout=PATIENCE) if running else None
    counts = _counts(admin) if said else None
    lanes = tuple(
        _lane(name.removeprefix("recommender-"), each, said, counts)
        for name, each in sorted(recommenders.items())
    )
    strategy = str((said or {}).get("strategy", ""))
    return Snapshot(time.monotonic(), stack.kind, balancer, strategy, lanes)


def _lane(
    variant: str,
    service: Service,
    said: dict[str, Any] | None,
    counts: Counter[tuple[str, bool]] | None,
) -> Lane:
    if said is None:
        return Lane(variant, service)
    variants = said["variants"]
    total = sum(each["weight"] for each in variants.values())
    verdicts = [each["health"] for each in variants[variant]["backends"]]
    return Lane(
        variant,
        service,
        share=variants[variant]["weight"] / total,
        believed="healthy" if "healthy" in verdicts else next(iter(verdicts), "unknown"),
        answered=counts[variant, True] + counts[variant, False] if counts is not None else None,
        failed=counts[variant, False] if counts is not None else None,
    )


def _counts(admin: str) -> Counter[tuple[str, bool]] | None:
    """Answers by variant and by whether they were well; None where the balancer counts none."""
    try:
        text = httpx.get(admin + "/metrics", timeout=PATIENCE, trust_env=False).text
    except httpx.HTTPError:
        return None
    if "requests_total" not in text or "variant=" not in text:
        return Counter() if "event_log_write_errors" in text else None
    counts: Counter[tuple[str, bool]] = Counter()
    for variant, status, count in COUNTED.findall(text):
        counts[variant, status != "5"] += int(count)
    return counts
