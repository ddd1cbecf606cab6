"""Does the effect stay when users have got used to it?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from lab_utils.experiment import ByExposure, wording
from lab_utils.plots.look import DIFFERENCE, INK, Picture, canvas, difference_unit, point, scale


def exposure(found: ByExposure) -> Picture:
    """The difference among visits of the same age, with its interval.

    Args:
        found: of `by_exposure`, with at least one age.
    """
    plan, metric, table = found.experiment, found.experiment.primary, found.table
    factor, _ = scale(metric.measure)
    middle = table["since"] + (table["until"] - table["since"]) / 2
    days = middle.dt.total_seconds() / 86_400
    drawn = table[["difference", "ci_low", "ci_high"]].to_numpy() * factor
    with canvas() as figure:
        axes = figure.subplots()
        axes.plot(days, drawn[:, 0], color=DIFFERENCE.colour, linewidth=1.5)
        for day, (value, low, high) in zip(days, drawn, strict=True):
            point(axes, (day, value), (low, high), DIFFERENCE, markersize=10, capsize=6)
        axes.axhline(0, color=INK, linewidth=2, linestyle=":")
        axes.xaxis.set_major_locator(MaxNLocator(14, integer=True))
        axes.set_xlabel("days since a user's first visit")
        axes.set_ylabel(
            f"{plan.treatment} {wording.MINUS} {plan.control} ({difference_unit(metric.measure)})"
        )
        axes.set_title(f"By how long users have known it: {metric.name}")
        axes.grid(axis="y")
    above = int(np.sum(drawn[:, 1] > 0))
    caption = (
        f"first {_in_words(table.iloc[0], metric.measure)}; "
        f"last {_in_words(table.iloc[-1], metric.measure)}; "
        f"{above} of {len(table)} intervals are above 0"
    )
    alt = f"The difference by time since a user's first visit. {caption}."
    return Picture(figure, alt, caption)


def _in_words(row: pd.Series[float], measure: str) -> str:
    ends = wording.interval((row["ci_low"], row["ci_high"]), measure)
    return f"{wording.difference(row['difference'], measure)} ({ends})"
