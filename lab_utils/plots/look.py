"""One look for all pictures: readable from the last row, and in grey.

A variant is told by its marker, hatch and line as well as by its colour, and colours differ in
lightness as well as in hue. Everything that several pictures share is here.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lab_utils.experiment import wording

INK = "#1a1a1a"
FAINT = "#6b6b6b"
PALE = "#e4e4e4"
"""Areas that stand behind what is measured: what chance allows, what a band covers."""

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
    """How one variant, or one line of several, is drawn, everywhere."""

    colour: str
    marker: str
    line: str
    hatch: str


STROKES = (Stroke("#0b5c94", "o", "-", ""), Stroke("#e08a00", "D", "--", "//"))
"""Control and treatment: far apart in hue and in lightness (Okabe & Ito 2008, darkened)."""

SERIES = (
    Stroke("#12385c", "o", "-", ""),
    Stroke("#2f7fb8", "s", "--", ""),
    Stroke("#79a8c9", "^", "-.", ""),
    Stroke("#a3a3a3", "v", ":", ""),
)
"""Lines that are no variants, such as one for each effect: from dark to light."""

DIFFERENCE = Stroke(INK, "s", "-", "")
"""Treatment minus control, which is neither of the two."""


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


@contextmanager
def canvas(height: float = 5.6) -> Iterator[Figure]:
    """An empty figure, 10 inches wide, to be drawn on meanwhile; laid out once at the end.

    Laying out again at each drawing would move things a little.
    """
    with mpl.rc_context(LOOK):
        figure = Figure(figsize=(10, height), layout="constrained")
        yield figure
        figure.draw_without_rendering()
    figure.set_layout_engine("none")


def label(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    offset: tuple[float, float] = (12, 0),
    ha: Literal["left", "right"] = "left",
) -> None:
    """A number beside its mark; `at` in data, `offset` in points."""
    axes.annotate(text, at, offset, textcoords="offset points", ha=ha, va="center", weight="bold")


def label_above(axes: Axes, text: str, at: tuple[float, float]) -> None:
    """A number above its mark, legible where a line runs through it."""
    axes.annotate(
        text,
        at,
        (0, 13),
        textcoords="offset points",
        ha="center",
        weight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )


def point(
    axes: Axes,
    at: tuple[float, float],
    ends: tuple[float, float],
    stroke: Stroke,
    along: Literal["x", "y"] = "y",
    **more: Any,
) -> None:
    """A mark with its interval, from one end to the other along x or y."""
    value = at[0] if along == "x" else at[1]
    bar: Any = [[value - ends[0]], [ends[1] - value]]
    look = {"markersize": 15, "capsize": 10, "capthick": 2.5, "elinewidth": 2.5, **more}
    axes.errorbar(
        *at,
        xerr=bar if along == "x" else None,
        yerr=bar if along == "y" else None,
        fmt=stroke.marker,
        color=stroke.colour,
        **look,
    )


def scale(measure: str) -> tuple[float, str]:
    """What a value is multiplied with to be drawn, and the unit it then has."""
    return (100, "%") if measure == "share" else (1, measure)


def difference_unit(measure: str) -> str:
    """The unit of a difference: shares differ by points, not by %."""
    return "percentage points" if measure == "share" else measure


def percent(share: float) -> str:
    """A share in words."""
    return wording.value(share, "share")


def in_percent(axis: Any) -> None:
    """Shares from 0 to 1 on this axis are shown in %."""
    axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol="%"))
