"""What a measurement is: values with a unit, and where they are from."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

from lab_utils.runtimes.base import Kind, Server

Value = float | str | bool


@dataclass(frozen=True)
class Measurement:
    """One thing measured in one runtime.

    Attributes:
        what: its name, one of `lab_utils.measurements.NAMES`.
        server: `tiny` or `recommender-a`.
        runtime: `process`, `container` or `vm`.
        values: in the order in which they were taken; numbers, or for facts text or booleans.
        unit: of the values: `s`, `bytes`, `count`, `share` (1 is one core), `exit code`; empty for
            facts.
        how: one sentence: what was done and looked at.
        accelerator: what ran the guest's instructions (`kvm`, `tcg`, ...); empty without a guest.
        host: the kind of machine: system, processor, cores, memory; never its name.
        date: when, as ISO 8601 in UTC.
        recorded: False if this very machine measured it just now; True if it is a figure kept in
            `data/recorded/`, of another machine, which has to be said wherever it is shown.
        commit: of the lab that recorded it; empty for live ones.
    """

    what: str
    server: Server
    runtime: Kind
    values: tuple[Value, ...]
    unit: str
    how: str
    accelerator: str
    host: str
    date: str
    recorded: bool = False
    commit: str = ""

    @property
    def median(self) -> float:
        """The middle value, in `unit`.

        Raises:
            TypeError: the values are facts.
        """
        return statistics.median(self._numbers())

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the greatest value, in `unit`.

        Raises:
            TypeError: the values are facts.
        """
        return min(self._numbers()), max(self._numbers())

    @property
    def value(self) -> Value:
        """The only value there is; the median of several numbers."""
        return self.values[0] if len(self.values) == 1 else self.median

    @property
    def provenance(self) -> str:
        """In words, for under a table or picture: recorded or measured, where, with what, when."""
        how = f"recorded at commit {self.commit}" if self.recorded else "measured here"
        guest = f", guest under {self.accelerator}" if self.accelerator else ""
        return f"{how} on {self.date[:10]}: {self.host}{guest}"

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self) | {"values": list(self.values)}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """The opposite of `to_json`."""
        return cls(**{**kept, "values": tuple(kept["values"])})

    def _numbers(self) -> list[float]:
        if any(isinstance(each, bool | str) for each in self.values):
            raise TypeError(f"{self.what} in a {self.runtime} is a fact, not a number")
        return [float(each) for each in self.values]


def now() -> str:
    """The time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
