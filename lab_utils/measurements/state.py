"""What is kept, and what a roll-back brings back."""

from __future__ import annotations

from lab_utils.measurements.result import Measurement
from lab_utils.runtimes.base import Kind


def save_and_roll_back(kind: Kind) -> tuple[Measurement, ...]:
    """`save` and `roll back` (s), `file rolled back`, `process rolled back` (facts)."""
    raise NotImplementedError


def survival(kind: Kind) -> tuple[Measurement, ...]:
    """Whether a file written inside is there after each of these, a fact each.

    Container: `restart`, `remove`, `commit`, `volume`. Guest: `reboot`, `snapshot`.
    """
    raise NotImplementedError
