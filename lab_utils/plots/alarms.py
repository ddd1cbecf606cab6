"""How often does a test alarm where there is nothing to find?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from lab_utils.experiment import wilson_interval
from lab_utils.plots.look import FAINT, INK, SERIES, Picture, canvas, percent

BINS = 20
"""So that the first bar is the 5 % that a test at the usual level calls significant."""


def p_values(found: Mapping[str, ArrayLike], alpha: float = 0.05) -> Picture:
    """The p-values of many A/A tests, one panel for each way to analyse them.

    An honest test spreads them evenly: every bar as high as the dotted line.

    Args:
        found: by the name of the analysis its p-values, shape (tests,); one to three names.
        alpha: the false-alarm rate that was promised.
    """
    panels = {name: np.asarray(values, dtype=float) for name, values in found.items()}
    edges = np.linspace(0, 1, BINS + 1)
    highest = max(np.histogram(values, edges)[0].max() / values.size for values in panels.values())
    with canvas(height=4.8) as figure:
        row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, (name, values) in zip(row, panels.items(), strict=True):
            _draw_panel(axes, values, edges, alpha)
            axes.set_title(f"{name}:\n{percent((values <= alpha).mean())} alarms")
            axes.set_ylim(0, 1.15 * highest)
        row[0].set_ylabel("share of A/A tests")
        row[0].yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        figure.supxlabel(
            f"p-value (hatched: {alpha:g} or less; dotted: what an honest test gives)",
            fontsize=15,
        )
    caption = "; ".join(f"{name}: {_alarms(values, alpha)}" for name, values in panels.items())
    alt = f"Histogram of the p-values of tests without a difference. {caption}."
    return Picture(figure, alt, caption)


def _draw_panel(axes: Axes, values: np.ndarray, edges: np.ndarray, alpha: float) -> None:
    shares = np.histogram(values, edges)[0] / values.size
    alarm = edges[1:] <= alpha + 1e-9
    for chosen, stroke, hatch in ((~alarm, SERIES[2], ""), (alarm, SERIES[0], "//")):
        axes.bar(
            edges[:-1][chosen],
            shares[chosen],
            1 / BINS,
            align="edge",
            color=stroke.colour,
            edgecolor="white",
            hatch=hatch,
        )
    axes.axhline(1 / BINS, color=INK, linewidth=2, linestyle=":")
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    axes.tick_params(axis="y", color=FAINT)


def _alarms(values: np.ndarray, alpha: float) -> str:
    alarms = int((values <= alpha).sum())
    low, high = wilson_interval(alarms, values.size)
    return (
        f"{alarms:,} of {values.size:,} A/A tests have p of {alpha:g} or less, "
        f"{percent(alarms / values.size)} (95% interval {percent(low)} to {percent(high)})"
    )
