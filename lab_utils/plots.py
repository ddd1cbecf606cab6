"""The lab's pictures: one look, readable from the last row and in grey.

A variant is told by its marker, hatch and line as well as by its colour. Each function returns
a `Picture`: the figure, a text for those who cannot see it, and the numbers drawn, in one line.
"""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import (
    LogLocator,
    MaxNLocator,
    NullFormatter,
    PercentFormatter,
    StrMethodFormatter,
)

from lab_utils.experiment import Check, Finding, Result, wording
from lab_utils.experiment.quantiles import quantile
from lab_utils.experiment.sample_ratio import THRESHOLD, share_by_chance

INK = "#1a1a1a"
FAINT = "#6b6b6b"

LOOK: dict[Any, Any] = {
    "figure.figsize": (10, 5.6),
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 15,
    "axes.titlesize": 18,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 14,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "grid.color": "#dddddd",
    "lines.linewidth": 2.5,
    "figure.constrained_layout.w_pad": 0.15,
    "figure.constrained_layout.h_pad": 0.12,
    "hatch.linewidth": 1.2,
    # letters as outlines: the same picture wherever it is opened
    "svg.fonttype": "path",
    "svg.hashsalt": "recitation",
}


@dataclass(frozen=True)
class Stroke:
    """How one variant is drawn, everywhere."""

    colour: str
    marker: str
    line: str
    hatch: str


LEAST_MS = 0.001
"""What the balancer's clock tells apart; a logarithmic axis has no place for 0."""

STROKES = (Stroke("#0b5c94", "o", "-", ""), Stroke("#e08a00", "D", "--", "//"))
"""Control and treatment: far apart in hue and in lightness (Okabe & Ito 2008, darkened)."""


@dataclass(frozen=True)
class Picture:
    """A figure that can also be read aloud.

    Attributes:
        figure: the matplotlib figure.
        alt: what it shows, for those who cannot see it.
        caption: the numbers drawn, in one line.
    """

    figure: Figure
    alt: str
    caption: str

    def to_svg(self) -> str:
        """The figure as an SVG document; the same bytes each time."""
        return self._drawn("svg", metadata={"Date": None}).decode()

    def to_png_base64(self) -> str:
        """The figure as PNG, 1000 pixels wide, in base64."""
        return base64.b64encode(self._drawn("png")).decode()

    def save(self, path: Path) -> Path:
        """Write the figure; the suffix of `path` (.svg or .png) says how."""
        if path.suffix == ".svg":
            path.write_text(self.to_svg(), encoding="utf-8")
        else:
            path.write_bytes(self._drawn("png"))
        return path

    def to_html(self) -> str:
        """An `img` element with the alternative text and the figure itself in it."""
        source = base64.b64encode(self.to_svg().encode()).decode()
        alt = html.escape(self.alt, quote=True)
        return f'<img alt="{alt}" src="data:image/svg+xml;base64,{source}">'

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        # HTML rather than image/png, which has no room for an alternative text
        alt = html.escape(self.alt, quote=True)
        image = f'<img alt="{alt}" src="data:image/png;base64,{self.to_png_base64()}">'
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>"
        return {"text/html": f"<figure>{image}{caption}</figure>", "text/plain": self.caption}

    def _drawn(self, kind: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        with mpl.rc_context(LOOK):
            self.figure.savefig(buffer, format=kind, **options)
        return buffer.getvalue()


def split(check: Check) -> Picture:
    """Users planned and seen per variant, with what chance allows.

    The box is as wide as the check is strict: a bar that ends outside it is a mismatch.
    """
    counts = check.variants
    total = max(1, sum(count.users for count in counts))
    p_value = wording.p_value(check.sample_ratio.p_value) if check.sample_ratio else "unchecked"
    with mpl.rc_context(LOOK):
        figure = Figure(figsize=(10, 4.4), layout="constrained")
        axes = figure.subplots()
        for row, (count, stroke) in enumerate(zip(counts, STROKES, strict=True)):
            seen = count.users / total
            low, high = share_by_chance(total, count.planned, THRESHOLD)
            axes.barh(row, high - low, 0.74, left=low, color="#e4e4e4", edgecolor=FAINT)
            axes.barh(row, seen, 0.4, color=stroke.colour, hatch=stroke.hatch, edgecolor="white")
            axes.vlines(count.planned, row - 0.37, row - 0.2, color=INK)
            axes.vlines(count.planned, row + 0.2, row + 0.37, color=INK)
            _label(axes, f"{count.users:,} users, {_percent(seen)}", (max(seen, high), row))
        axes.set_yticks(range(len(counts)), [f"variant {count.variant}" for count in counts])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.08)
        axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol="%"))
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(
            "share of users: bar = seen, line = planned, box = 999 of 1,000 fair splits"
        )
        axes.set_title(f"Was the split as planned? ({p_value})")
    caption = "; ".join(
        f"{count.variant}: {count.users:,} of {total:,} users, "
        f"{_percent(count.users / total)} seen, {_percent(count.planned)} planned"
        for count in counts
    )
    caption = f"{caption}; sample ratio {p_value}"
    alt = f"Bar chart of the share of users in each variant beside the planned share. {caption}."
    return _finished(figure, alt, caption)


def effect(result: Result) -> Picture:
    """The primary metric in both variants, and their difference against 0."""
    seen, metric = result.primary.comparison, result.primary.metric
    control, treatment = result.experiment.control, result.experiment.treatment
    level = f"{100 * (1 - result.experiment.alpha):g}% interval"
    with mpl.rc_context(LOOK):
        figure = Figure(layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1.3, 1])
        _draw_values(left, result.primary, (control, treatment))
        _draw_difference(right, result.primary)
        right.set_xticks([0], [f"{treatment} {wording.MINUS} {control}\n{level}"])
    caption = (
        f"{metric.name}: {control} {wording.value(seen.control, metric.measure)} of "
        f"{seen.n_control:,} users, {treatment} {wording.value(seen.treatment, metric.measure)} "
        f"of {seen.n_treatment:,} users; difference "
        f"{wording.difference(seen.difference, metric.measure)}, "
        f"{level} {wording.interval(seen.interval, metric.measure)}, "
        f"{wording.p_value(seen.p_value)}"
    )
    alt = f"Two panels: both variants with intervals, and their difference against 0. {caption}."
    return _finished(figure, alt, caption)


def latency(log: pd.DataFrame, q: float = 0.95) -> Picture:
    """How many requests were answered within how many milliseconds, by variant.

    Args:
        log: columns `variant` and `latency_ms`, one row per request.
        q: the quantile that is marked.
    """
    groups = {str(name): rows["latency_ms"].dropna() for name, rows in log.groupby("variant")}
    marks = {name: quantile(values, q) for name, values in groups.items()}
    slowest = max(marks, key=marks.__getitem__)
    with mpl.rc_context(LOOK):
        figure = Figure(layout="constrained")
        axes = figure.subplots()
        axes.axhline(q, color=FAINT, linewidth=1.5, linestyle=":")
        for (name, values), stroke in zip(groups.items(), STROKES, strict=False):
            axes.ecdf(values, color=stroke.colour, linestyle=stroke.line, label=f"variant {name}")
            axes.plot(marks[name], q, stroke.marker, color=stroke.colour, markersize=13)
            text = f"p{100 * q:g} of {name}: {wording.value(marks[name], 'ms')}"
            # an ECDF leaves the lower right and the upper left free
            if name == slowest:
                _label(axes, text, (marks[name], q), (12, -16))
            else:
                _label(axes, text, (marks[name], q), (-12, 12), ha="right")
        fastest_request = max(LEAST_MS, min(values.min() for values in groups.values()))
        slowest_request = max(LEAST_MS, *(values.max() for values in groups.values()))
        axes.set_xlim(fastest_request / 1.5, max(slowest_request * 1.1, marks[slowest] * 4))
        axes.set_ylim(0, 1.1)
        _log_milliseconds(axes)
        axes.set_ylabel("requests answered within")
        axes.set_title("How long did visitors wait?")
        axes.grid()
        axes.legend(frameon=False, loc="lower right")
    caption = "; ".join(
        f"{name}: p{100 * q:g} {wording.value(mark, 'ms')} of {len(groups[name]):,} requests"
        for name, mark in marks.items()
    )
    alt = f"Cumulative share of requests over latency, one curve a variant. {caption}."
    return _finished(figure, alt, caption)


def _finished(figure: Figure, alt: str, caption: str) -> Picture:
    """The picture, laid out once: laying out again at each drawing would move things a little."""
    with mpl.rc_context(LOOK):
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return Picture(figure, alt, caption)


def _draw_values(axes: Axes, finding: Finding, names: tuple[str, str]) -> None:
    seen, measure = finding.comparison, finding.metric.measure
    scale, unit = _scale(measure)
    groups = (
        (seen.control, seen.control_interval, seen.n_control),
        (seen.treatment, seen.treatment_interval, seen.n_treatment),
    )
    for at, ((value, ends, _), stroke) in enumerate(zip(groups, STROKES, strict=True)):
        _point(axes, at, value * scale, np.array(ends) * scale, stroke)
        _label(axes, wording.value(value, measure), (at, value * scale), (16, 0))
    ticks = [f"{name}\n{n:,} users" for name, (_, _, n) in zip(names, groups, strict=True)]
    axes.set_xticks([0, 1], ticks)
    axes.set_xlim(-0.4, 1.75)
    axes.set_ylabel(f"{finding.metric.name} ({unit})" if unit else finding.metric.name)
    if measure == "share":
        axes.set_ylim(0, 100)
    axes.set_title("Each variant")
    axes.grid(axis="y")


def _draw_difference(axes: Axes, finding: Finding) -> None:
    seen, measure = finding.comparison, finding.metric.measure
    scale, unit = _scale(measure)
    drawn = np.array([seen.difference, *seen.interval]) * scale
    axes.axhline(0, color=INK, linewidth=2, linestyle=":")
    _point(axes, 0, drawn[0], drawn[1:], Stroke(INK, "s", "-", ""))
    _label(axes, wording.difference(seen.difference, measure), (0, drawn[0]), (16, 0))
    axes.set_xlim(-0.4, 1.2)
    low, high = min(0.0, *drawn), max(0.0, *drawn)
    pad = 0.18 * (high - low)
    axes.set_ylim(low - pad, high + pad)
    axes.yaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.set_ylabel("percentage points" if measure == "share" else unit)
    axes.set_title("The difference")
    axes.grid(axis="y")


def _scale(measure: str) -> tuple[float, str]:
    return (100, "%") if measure == "share" else (1, measure)


def _percent(share: float) -> str:
    return wording.value(share, "share")


def _log_milliseconds(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol="%"))
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.set_xlabel("latency (ms, logarithmic)")


def _label(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    offset: tuple[float, float] = (12, 0),
    ha: Literal["left", "right"] = "left",
) -> None:
    axes.annotate(text, at, offset, textcoords="offset points", ha=ha, va="center", weight="bold")


def _point(axes: Axes, at: float, value: float, ends: Any, stroke: Stroke) -> None:
    axes.errorbar(
        at,
        value,
        yerr=[[value - ends[0]], [ends[1] - value]],
        fmt=stroke.marker,
        color=stroke.colour,
        markersize=15,
        capsize=10,
        capthick=2.5,
        elinewidth=2.5,
    )
