"""How often was a reader fooled, by each way to go about it?"""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.ticker import MaxNLocator

from lab_utils.experiment import Frequency
from lab_utils.plots.look import (
    DIFFERENCE,
    INK,
    Picture,
    canvas,
    in_percent,
    label,
    percent,
    point,
)


def frequencies(
    seen: Mapping[str, Frequency], promised: float | None = 0.05, what: str = "false alarms"
) -> Picture:
    """A row for each way: how often it happened, with the interval that counting leaves.

    Args:
        seen: by name.
        promised: what was promised, as a dotted line; None for no promise.
        what: was counted, in the plural.
    """
    with canvas(height=2.2 + 0.75 * len(seen)) as figure:
        axes = figure.subplots()
        for row, each in enumerate(seen.values()):
            axes.barh(row, each.rate, 0.5, color="#c9d9e6", edgecolor="white")
            point(axes, (each.rate, row), each.interval, DIFFERENCE, along="x", markersize=9)
            # beside the longest bar there is room, beyond 100 % there is no axis
            label(axes, percent(each.rate), (max(each.interval[1], promised or 0), row))
        if promised is not None:
            axes.axvline(promised, color=INK, linewidth=2, linestyle=":")
        axes.set_yticks(range(len(seen)), list(seen))
        axes.invert_yaxis()
        reach = 1.6 * max(each.interval[1] for each in seen.values())
        axes.set_xlim(0, reach)
        ticks = MaxNLocator(8, steps=[1, 2, 5, 10]).tick_values(0, min(reach, 1.0))
        axes.set_xticks([at for at in ticks if at < 1 + 1e-9])
        axes.tick_params(axis="y", length=0)
        in_percent(axes.xaxis)
        runs = {each.of for each in seen.values()}
        of = f"{min(runs):,}" if len(runs) == 1 else f"{min(runs):,} and more"
        promise = "" if promised is None else f"; dotted: the {promised:.0%} promised"
        figure.supxlabel(f"share of {of} experiments{promise}", fontsize=15)
        axes.set_title(what.capitalize())
    caption = "; ".join(f"{name}: {each}" for name, each in seen.items())
    alt = f"Bar chart of {what}, one row for each way. {caption}."
    return Picture(figure, alt, caption)
