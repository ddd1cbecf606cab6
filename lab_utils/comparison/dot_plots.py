"""One quantity in several runtimes, a dot for each time it was measured.

The axis is logarithmic: the runtimes lie factors apart, and a linear one would show one of them.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from lab_utils.comparison import wording
from lab_utils.comparison.facts import NAMES
from lab_utils.comparison.wording import SCALES, Scale, amount
from lab_utils.measurements import Measurement
from lab_utils.plots import FAINT, Picture
from lab_utils.plots.look import canvas, label

MARKS: dict[str, tuple[str, str]] = {
    "process": ("s", "#6b6b6b"),
    "container": ("o", "#0b5c94"),
    "vm": ("D", "#e08a00"),
}
"""Marker and colour of a runtime, everywhere; grey readers tell them by the marker."""

FEW_DECADES = 1.5
"""Below, an axis with the powers of ten alone might have a single number on it."""

FOOTNOTE = 100
"""Characters of a line below a picture."""


def dots(title: str, measured: Sequence[Measurement], axis: str) -> Picture:
    """A row of dots for each measurement, its median labelled.

    A recorded one is drawn hollow and called recorded: in its row, the caption and the text.

    Args:
        title: the picture's heading, a question.
        measured: of one unit, a runtime each.
        axis: what the axis shows; its unit is added.
    """
    return _drawn(title, {NAMES[seen.runtime]: seen for seen in measured}, axis)


def start_times(starts: Sequence[Measurement], resumed: Measurement) -> Picture:
    """How long each runtime takes to its first answer, and a machine that need not boot."""
    rows = {NAMES[seen.runtime]: seen for seen in starts}
    boot = rows.pop(NAMES["vm"], None)
    rows |= {f"{NAMES['vm']}\nfrom a snapshot": resumed}
    rows |= {f"{NAMES['vm']}\nthat boots": boot} if boot else {}
    return _drawn("How long until the first answer?", rows, "from the command to the answer")


def _drawn(title: str, rows: Mapping[str, Measurement], axis: str) -> Picture:
    scale = SCALES[next(iter(rows.values())).unit]
    footnote = _footnote(rows)
    unit = f"{scale.shown}, logarithmic".removeprefix(", ")
    with canvas(2.0 + 0.85 * len(rows) + 0.3 * footnote.count("\n")) as figure:
        axes = figure.subplots()
        for place, seen in enumerate(rows.values()):
            _row(axes, place, seen, scale)
        axes.set_yticks(range(len(rows)), [_named(name, seen) for name, seen in rows.items()])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        _logarithmic(axes, rows, scale)
        axes.set_xlabel(f"{axis} ({unit})")
        axes.set_title(title)
        axes.grid(axis="x")
        if footnote:
            figure.supxlabel(footnote, x=0.02, ha="left", fontsize=12)
    caption = "; ".join(_said(name, seen) for name, seen in rows.items())
    if footnote:
        caption = f"{caption}. {' '.join(footnote.split())}"
    return Picture(figure, f"Dot plot on a logarithmic axis: {title} {caption}.", caption)


def _row(axes: Axes, place: int, seen: Measurement, scale: Scale) -> None:
    marker, colour = MARKS[seen.runtime]
    values = [float(value) / scale.per for value in seen.values]
    axes.plot(values, [place] * len(values), marker, color=colour, markersize=8, alpha=0.45)
    face = "white" if seen.recorded else colour
    middle = seen.median / scale.per
    axes.plot(
        middle,
        place,
        marker,
        color=colour,
        markerfacecolor=face,
        markersize=15,
        markeredgewidth=2.5,
    )
    label(axes, amount(seen.median, seen.unit), (max(values), place), (16, 0))


def _logarithmic(axes: Axes, rows: Mapping[str, Measurement], scale: Scale) -> None:
    axes.set_xscale("log")
    ends = [end / scale.per for seen in rows.values() for end in seen.spread]
    axes.set_xlim(min(ends) / 2, max(ends) * 6)
    decades = math.log10(max(ends) / min(ends))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < FEW_DECADES else (1,)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", which="minor", color=FAINT)


def _named(name: str, seen: Measurement) -> str:
    return f"{name}\n(recorded)" if seen.recorded else name


def _said(name: str, seen: Measurement) -> str:
    many = f", median of {len(seen.values)}" if len(seen.values) > 1 else ""
    recorded = ", recorded" if seen.recorded else ""
    return f"{' '.join(name.split())} {amount(seen.median, seen.unit)}{many}{recorded}"


def _footnote(rows: Mapping[str, Measurement]) -> str:
    """Where recorded figures are from; empty where all are of this moment."""
    kept = wording.sources(rows.values(), among=lambda seen: seen.recorded)
    return "\n".join(textwrap.fill(f"Hollow: {each}", FOOTNOTE) for each in kept)
