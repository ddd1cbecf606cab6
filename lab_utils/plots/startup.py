"""Who started when, and who waited for whom?"""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from lab_utils.compose.moments import Moment, Moments
from lab_utils.plots.look import INK, PALE, STROKES, Picture, canvas, label

RUNS_ON_S = 1.0
"""How far beyond the last moment the bars of services that still run are drawn."""


def startup(moments: Moments) -> Picture:
    """A bar for each container, from its start to its end; a mark where it was found healthy."""
    shown = moments.all
    end = max(max(_known(each)) for each in shown) + RUNS_ON_S
    with canvas(height=1.4 + 0.62 * len(shown)) as figure:
        axes = figure.subplots()
        for row, each in enumerate(shown):
            _draw(axes, row, each, end)
        axes.set_yticks(range(len(shown)), [each.service for each in shown])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.36 * end)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("seconds since the first container started")
        axes.set_title("Who waits for whom")
    caption = "; ".join(map(str, shown))
    if moments.recorded:
        caption = f"{caption}. {moments.recorded}"
    alt = f"A bar for each container over time, from its start to its end. {caption}"
    return Picture(figure, alt, caption)


def _draw(axes: Axes, row: int, moment: Moment, end: float) -> None:
    ended = moment.ended_s if moment.ended_s is not None else end
    over = moment.ended_s is not None
    width = max(ended - moment.started_s, 0.05)
    look: dict[str, Any] = {"color": PALE, "hatch": "//"} if over else {"color": STROKES[0].colour}
    axes.barh(row, width, 0.5, left=moment.started_s, edgecolor=INK, **look)
    if moment.healthy_s is not None:
        axes.plot(moment.healthy_s, row, "D", color="white", markeredgecolor=INK, markersize=13)
    label(axes, _told(moment), (ended, row))


def _told(moment: Moment) -> str:
    if moment.ended_s is not None:
        return f"ended, exit code {moment.exit_code}"
    return "runs" if moment.healthy_s is None else f"healthy at {moment.healthy_s:.1f} s"


def _known(moment: Moment) -> list[float]:
    known = (moment.started_s, moment.healthy_s, moment.ended_s)
    return [each for each in known if each is not None]
