"""Measurements in words, the same in tables, pictures and sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lab_utils.measurements import Measurement

BOOT_ID_SHOWN = 8
"""Characters of a boot id that are enough to tell two apart."""


@dataclass(frozen=True)
class Scale:
    """How a unit is drawn and said.

    Attributes:
        per: how many of the measurement's unit make one of the shown.
        shown: the unit, as on an axis.
    """

    per: float
    shown: str

    def say(self, value: float) -> str:
        """A value in words: two significant digits where it is small, else whole."""
        return f"{_digits(value / self.per)} {self.shown}".strip()


SCALES = {
    "s": Scale(1, "s"),
    "bytes": Scale(1e6, "MB"),
    "count": Scale(1, ""),
    "cores": Scale(1, "cores"),
}
"""By the unit of a measurement. A megabyte is a million bytes."""

SIZES = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))

NOTHING = "\N{EN DASH}"
"""Where there is nothing to measure."""


def said(seen: Measurement | None) -> str:
    """A measurement in a few words, with `(recorded)` where it is not of this moment."""
    if seen is None:
        return NOTHING
    return f"{value(seen)} (recorded)" if seen.recorded else value(seen)


def value(seen: Measurement) -> str:
    """Its value alone: with its unit, as yes or no, or as text."""
    first = seen.values[0]
    if isinstance(first, bool):
        return "yes" if first else "no"
    if isinstance(first, str):
        return first[:BOOT_ID_SHOWN] if seen.what == "boot id" else first
    if seen.unit in ("", "count"):
        return f"{seen.median:,.0f}"
    return amount(seen.median, seen.unit)


def amount(number: float, unit: str) -> str:
    """A number with its unit, bytes in the size of unit that suits them."""
    if unit != "bytes":
        return SCALES[unit].say(number)
    shown, per = next((size for size in SIZES if number >= size[1]), ("bytes", 1))
    return f"{_digits(number / per)} {shown}"


def sources(measured: Iterable[Measurement], *, among: Callable[[Measurement], bool]) -> list[str]:
    """Where figures are from, each source once.

    Args:
        measured: the figures.
        among: which of them are asked about.
    """
    return list(dict.fromkeys(seen.provenance for seen in measured if among(seen)))


def _digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"
