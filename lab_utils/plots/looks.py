"""What was there to see at each look, while the test went on?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lab_utils.experiment import OverTime, wording
from lab_utils.plots.look import (
    DIFFERENCE,
    FAINT,
    INK,
    PALE,
    Picture,
    canvas,
    difference_unit,
    scale,
)

ALARM = "#c2410c"
"""A plain interval that leaves 0 out; told by its cross as well."""


def cumulative(seen: OverTime) -> Picture:
    """The difference as the data came in: always-valid band, and the plain interval of each look.

    A look whose plain interval leaves 0 out carries a cross: whoever peeks would have stopped
    there. Only the band may be looked at until one likes it.

    Args:
        seen: of `Experiment.over_time`, with at least one look.
    """
    plan, metric = seen.experiment, seen.experiment.primary
    factor, _ = scale(metric.measure)
    numbers = ["difference", "ci_low", "ci_high", "valid_low", "valid_high"]
    table = seen.table[numbers] * factor
    looks = np.arange(1, len(table) + 1)
    plain = _leaves_out_0(table["ci_low"], table["ci_high"])
    valid = _leaves_out_0(table["valid_low"], table["valid_high"])
    with canvas() as figure:
        axes = figure.subplots()
        _draw_band(axes, looks, table)
        _draw_looks(axes, looks, table, plain)
        axes.axhline(0, color=INK, linewidth=2, linestyle=":")
        axes.set_xlim(0.4, looks[-1] + 0.6)
        axes.xaxis.set_major_locator(MaxNLocator(14, integer=True))
        axes.set_xlabel(f"look (the last one at {_users(seen):,} users)")
        difference, unit = (
            f"{plan.treatment} {wording.MINUS} {plan.control}",
            difference_unit(metric.measure),
        )
        axes.set_ylabel(f"{difference} ({unit})" if unit else difference)
        axes.set_title(f"Look by look: {metric.name}")
        axes.grid(axis="y")
        figure.legend(frameon=False, loc="outside lower center", ncols=2, fontsize=13)
    last = seen.table.iloc[-1]
    ends = last["valid_low"], last["valid_high"]
    caption = (
        f"{_alarms('plain intervals', plain)}; {_alarms('always-valid intervals', valid)}; "
        f"at the end {wording.difference(last['difference'], metric.measure)}, plain "
        f"{wording.interval((last['ci_low'], last['ci_high']), metric.measure)}, "
        f"always valid {wording.interval(ends, metric.measure)}"
    )
    alt = f"The difference after each look with two kinds of intervals. {caption}."
    return Picture(figure, alt, caption)


def _draw_band(axes: Axes, looks: np.ndarray, table: pd.DataFrame) -> None:
    """Edges as well as an area, so that it is seen where the paper is grey."""
    low, high = table["valid_low"], table["valid_high"]
    axes.fill_between(looks, low, high, color=PALE, label="always-valid interval")
    for edge in (low, high):
        axes.plot(looks, edge, color=FAINT, linewidth=1.5)


def _draw_looks(axes: Axes, looks: np.ndarray, table: pd.DataFrame, alarms: np.ndarray) -> None:
    bars = np.abs(table[["ci_low", "ci_high"]].to_numpy() - table[["difference"]].to_numpy()).T
    axes.plot(looks, table["difference"], color=INK, linewidth=1.5)
    for chosen, colour, marker, size, name in (
        (~alarms, DIFFERENCE.colour, DIFFERENCE.marker, 8, "plain interval, holds 0"),
        (alarms, ALARM, "X", 14, "plain interval, leaves 0 out"),
    ):
        if chosen.any():
            axes.errorbar(
                looks[chosen],
                table["difference"][chosen],
                yerr=bars[:, chosen],
                fmt=marker,
                color=colour,
                markersize=size,
                capsize=6,
                elinewidth=2,
                label=name,
            )


def _leaves_out_0(low: pd.Series[float], high: pd.Series[float]) -> np.ndarray:
    return ((low > 0) | (high < 0)).to_numpy()


def _alarms(what: str, alarms: np.ndarray) -> str:
    said = f"{what} leave 0 out at {alarms.sum()} of {alarms.size} looks"
    return f"{said}, first at look {alarms.argmax() + 1}" if alarms.any() else said


def _users(seen: OverTime) -> int:
    last = seen.table.iloc[-1]
    return int(last["n_control"] + last["n_treatment"])
