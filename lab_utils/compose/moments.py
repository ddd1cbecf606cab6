"""When each part of a project started, was healthy, and ended: who waited for whom, measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab_utils.compose.output import Provenance, Seen
from lab_utils.docker_engine.clock import seconds

KEPT_PROBES = 5
"""How many health checks of a container the engine remembers."""


@dataclass(frozen=True)
class Moment:
    """One container's life so far, in seconds since the first one of its project started.

    Attributes:
        service: what it is a container of.
        started_s: when it started.
        healthy_s: when a health check first found it well; None if none did, nothing checks, or it
            is so long ago that the engine has forgotten.
        ended_s: when it ended; None while it runs.
        exit_code: with which it ended; None while it runs.
    """

    service: str
    started_s: float
    healthy_s: float | None
    ended_s: float | None
    exit_code: int | None

    def __str__(self) -> str:
        told = [f"{self.service} started at {self.started_s:.1f} s"]
        if self.healthy_s is not None:
            told.append(f"healthy at {self.healthy_s:.1f} s")
        if self.ended_s is not None:
            told.append(f"ended at {self.ended_s:.1f} s ({self.exit_code})")
        return ", ".join(told)


@dataclass(frozen=True, repr=False)
class Moments(Seen):
    """All containers of a project, in the order in which they started.

    Attributes:
        all: one for each container.
        recorded: where it comes from, if it was not seen here and now.
    """

    all: tuple[Moment, ...]
    recorded: Provenance | None = None

    @classmethod
    def of(cls, containers: Iterable[tuple[Mapping[str, str], Mapping[str, Any]]]) -> Moments:
        """From each container's labels and its state, as the engine gives them."""
        known = [
            (labels["com.docker.compose.service"], state, seconds(state["StartedAt"]))
            for labels, state in containers
        ]
        began = min((date for *_, date in known), default=0.0)
        moments = [_moment(service, state, began) for service, state, _ in known]
        return cls(tuple(sorted(moments, key=lambda each: each.started_s)))

    @property
    def ended(self) -> list[Moment]:
        """Those that have ended, the first to end first."""
        over = [each for each in self.all if each.ended_s is not None]
        return sorted(over, key=lambda each: each.ended_s or 0.0)

    @property
    def told(self) -> str:
        """A line for each container."""
        return "\n".join(map(str, self.all))


def _moment(service: str, state: Mapping[str, Any], began: float) -> Moment:
    ended = None if state["Status"] == "running" else seconds(state["FinishedAt"]) - began
    probes = (state.get("Health") or {}).get("Log") or []
    if len(probes) == KEPT_PROBES and probes[0]["ExitCode"] == 0:
        probes = []  # the first that found it well may be forgotten already
    well = [seconds(probe["End"]) - began for probe in probes if probe["ExitCode"] == 0]
    return Moment(
        service=service,
        started_s=seconds(state["StartedAt"]) - began,
        healthy_s=min(well, default=None),
        ended_s=ended,
        exit_code=None if ended is None else int(state["ExitCode"]),
    )
