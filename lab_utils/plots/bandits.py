"""Whom does a bandit send where, as it learns?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import StrMethodFormatter

from lab_utils.experiment import BanditRuns
from lab_utils.plots.look import INK, SERIES, Picture, canvas, in_percent, percent

WINDOW = 50
"""Visits that are averaged: the course matters, not each visit."""


def bandit(runs: Mapping[str, BanditRuns]) -> Picture:
    """The share of visits that the treatment gets, visit by visit, one line for each world.

    Args:
        runs: by name, one to four.
    """
    with canvas() as figure:
        axes = figure.subplots()
        for (name, seen), stroke in zip(runs.items(), SERIES, strict=False):
            window = min(WINDOW, seen.share.size)
            smooth = np.convolve(seen.share, np.ones(window) / window, "valid")
            visits = np.arange(smooth.size) + window / 2
            axes.plot(
                visits,
                smooth,
                color=stroke.colour,
                linestyle=stroke.line,
                marker=stroke.marker,
                markevery=max(1, smooth.size // 8),
                markersize=9,
                label=name,
            )
        axes.axhline(0.5, color=INK, linewidth=2, linestyle=":")
        axes.set_ylim(0, 1)
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        in_percent(axes.yaxis)
        axes.set_xlabel("visit (dotted: a fixed half and half)")
        axes.set_ylabel("share sent to the treatment")
        axes.set_title("Where a bandit sends its visitors")
        axes.grid(axis="y")
        figure.legend(frameon=False, loc="outside lower center", ncols=2)
    caption = "; ".join(
        f"{name}: {percent(seen.share[-WINDOW:].mean())} of the last {WINDOW} visits, "
        f"{seen.earned:,.0f} successes a run (half and half {seen.earned_by_even_split:,.0f})"
        for name, seen in runs.items()
    )
    alt = f"Line chart of the share of visits sent to the treatment as a bandit learns. {caption}."
    return Picture(figure, alt, caption)
