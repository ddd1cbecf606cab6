"""Did a visitor notice that a container was replaced?"""

from __future__ import annotations

from collections import Counter
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lab_utils.compose.change import Change
from lab_utils.plots.look import FAINT, INK, STROKES, Picture, canvas

BIN_S = 0.25
"""Seconds that one bar stands for."""


def changes(*seen: Change) -> Picture:
    """Visitors answered and lost over time, a panel for each change that was made at all."""
    seen = tuple(each for each in seen if each.visits)
    most = max(_highest(each) for each in seen)
    end = max(visit.at_s for each in seen for visit in each.visits) + BIN_S
    with canvas(height=1.2 + 2.5 * len(seen)) as figure:
        panels = figure.subplots(len(seen), 1, sharex=True, squeeze=False)[:, 0]
        for axes, change in zip(panels, seen, strict=True):
            _draw(axes, change, most)
        panels[-1].set_xlim(0, end)
        panels[-1].set_xlabel(f"seconds; a bar is the visitors of {BIN_S:g} s")
    recorded = {str(each.recorded) for each in seen if each.recorded}
    caption = ". ".join(["; ".join(each.told for each in seen), *recorded])
    alt = (
        "Bars of visitors over time, answered and lost, with a line where each step was taken. "
        f"{caption}"
    )
    return Picture(figure, alt, caption)


def _draw(axes: Axes, change: Change, most: int) -> None:
    answered, lost = _counted(change, lost=False), _counted(change, lost=True)
    fine, bad = STROKES
    places = sorted(answered.keys() | lost.keys())
    low = [answered[place] for place in places]
    at = [place * BIN_S for place in places]
    look: dict[str, Any] = {"align": "edge", "edgecolor": "white", "linewidth": 0.5}
    axes.bar(at, low, BIN_S, color=fine.colour, label="got films", **look)
    high = [lost[place] for place in places]
    axes.bar(at, high, BIN_S, bottom=low, color=bad.colour, hatch=bad.hatch, label="lost", **look)
    for number, (step, moment) in enumerate(zip(change.order, change.took_s, strict=True)):
        axes.axvline(moment, color=INK, linewidth=2, linestyle=":")
        height = most * (1.08 + 0.22 * number)
        axes.text(moment + 0.05, height, step, weight="bold", va="bottom")
    axes.set_ylim(0, most * 1.8)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True, steps=[1, 2, 5, 10]))
    axes.set_ylabel("visitors")
    axes.set_title(f"{', '.join(change.order)}: {change.lost} of {len(change.visits)} lost", pad=6)
    axes.legend(loc="upper right", ncols=2, frameon=False)
    axes.spines["left"].set_color(FAINT)


def _counted(change: Change, *, lost: bool) -> Counter[int]:
    return Counter(int(each.at_s // BIN_S) for each in change.visits if each.lost == lost)


def _highest(change: Change) -> int:
    return max(Counter(int(each.at_s // BIN_S) for each in change.visits).values())
