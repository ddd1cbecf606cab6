"""The picture: how many requests a second of CPU time is good for, balancer by balancer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.balancer.load import PLAIN, SHAPES
from benchmarks.balancer.results import YARDSTICK, Figures
from lab_utils.plots import FAINT, INK, LOOK, STROKES, Picture

MARKERS = {"unique": "v", "browser": "s", "post": "D"}
TIMES = "\N{MULTIPLICATION SIGN}"
OTHERS = "#c9c9c9"
OURS = ("sticky", "weighted_random")


def requests_per_cpu_second(rows: Sequence[Figures], titles: Mapping[str, str]) -> Picture:
    """A bar for each balancer under the plain load, and a mark for each other load.

    Args:
        rows: the medians.
        titles: what to call each peer.
    """
    bars = [row for row in rows if row.shape == PLAIN.name and not math.isnan(row.cpu_us)]
    places = {row.peer: place for place, row in enumerate(bars)}
    with mpl.rc_context(LOOK):
        figure = Figure(figsize=(12, 1.9 + 0.75 * len(bars)), layout="constrained")
        axes = figure.subplots()
        for row in bars:
            colour = STROKES[0].colour if row.peer in OURS else OTHERS
            axes.barh(places[row.peer], _worth(row), 0.62, color=colour, edgecolor=FAINT)
        _marks(axes, rows, places)
        _words(axes, rows, bars, places)
        axes.set_yticks(list(places.values()), [titles[row.peer] for row in bars])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlabel("requests per second of CPU time, in thousands")
        axes.set_title("How far does one core go?")
        axes.grid(axis="x")
        if axes.get_legend_handles_labels()[0]:
            figure.legend(frameon=False, loc="outside lower center", ncols=2, fontsize=13)
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    caption = "; ".join(f"{titles[row.peer]}: {_figure_words(row)}" for row in bars)
    caption = f"CPU time per request ({PLAIN.title}): {caption}"
    alt = f"Bar chart of requests per second of CPU time for each balancer. {caption}."
    return Picture(figure, alt, caption)


def _worth(row: Figures) -> float:
    return 1000 / row.cpu_us


def _marks(axes: Axes, rows: Sequence[Figures], places: Mapping[str, int]) -> None:
    for shape in SHAPES:
        mine = [row for row in rows if row.shape == shape.name and row.peer in places]
        if mine and shape.name in MARKERS:
            axes.plot(
                [_worth(row) for row in mine],
                [places[row.peer] for row in mine],
                MARKERS[shape.name],
                color="white",
                markeredgecolor=INK,
                markersize=9,
                label=shape.title,
            )


def _words(
    axes: Axes, rows: Sequence[Figures], bars: Sequence[Figures], places: Mapping[str, int]
) -> None:
    """The figures, to the right of bar and marks."""
    drawn = [row for row in rows if row.shape in (PLAIN.name, *MARKERS)]
    ends = {row.peer: max(_worth(each) for each in drawn if each.peer == row.peer) for row in bars}
    for row in bars:
        at = (ends[row.peer], places[row.peer])
        axes.annotate(
            _figure_words(row), at, (10, 0), textcoords="offset points", va="center", weight="bold"
        )
    axes.set_xlim(0, max(ends.values()) * 1.6)


def _figure_words(row: Figures) -> str:
    spent = f"{row.cpu_us:,.0f}" if row.cpu_us >= 100 else f"{row.cpu_us:.1f}"
    if row.peer == YARDSTICK or math.isnan(row.speed):
        return f"{spent} µs"
    speed = f"{row.speed:.2f}" if row.speed >= 0.1 else f"{row.speed:.2g}"
    return f"{spent} µs, {speed} {TIMES} HAProxy"
