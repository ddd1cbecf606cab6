"""What would chance alone have made of the same outcomes?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lab_utils.experiment import PermutationTest, wording
from lab_utils.plots.look import (
    DIFFERENCE,
    FAINT,
    INK,
    SERIES,
    Picture,
    canvas,
    difference_unit,
    label_above,
    scale,
)

BINS = 41

MOST_BARS = 150
"""Different values that each get a bar of their own."""


def by_chance(found: PermutationTest, measure: str = "") -> Picture:
    """The differences of all shuffles, and the one that was seen.

    Args:
        found: of `permutation_test`.
        measure: "share" for outcomes of 0 and 1, else their unit.
    """
    factor, _ = scale(measure)
    shuffled, seen = factor * found.differences, factor * found.difference
    # rounding must not take a shuffle for nearer than the group seen, which is one of them
    as_far = int((np.abs(found.differences) >= abs(found.difference) * (1 - 1e-9)).sum())
    with canvas(height=4.8) as figure:
        axes = figure.subplots()
        tallest = _draw_bars(axes, shuffled)
        axes.axvline(0, color=INK, linewidth=2, linestyle=":")
        at = (seen, 0.06 * tallest)
        axes.plot(*at, DIFFERENCE.marker, color=DIFFERENCE.colour, markersize=15)
        label_above(axes, f"seen: {wording.difference(found.difference, measure)}", at)
        reach = 1.45 * max(abs(seen), np.abs(shuffled).max())
        axes.set_xlim(-reach, reach)
        axes.tick_params(axis="y", color=FAINT)
        axes.set_ylabel("shuffles")
        unit = difference_unit(measure)
        axes.set_xlabel("difference" + f" ({unit})" * bool(unit))
        axes.set_title("What chance alone makes of the same outcomes")
    furthest = float(found.differences[np.abs(found.differences).argmax()])
    caption = (
        f"{as_far:,} of {found.shuffles:,} shuffles are as far from 0 as the difference seen, "
        f"{wording.difference(found.difference, measure)}; the furthest is "
        f"{wording.difference(furthest, measure)}"
    )
    alt = f"Histogram of the differences that shuffles make, and the one seen. {caption}."
    return Picture(figure, alt, caption)


def _draw_bars(axes: Axes, shuffled: NDArray[np.float64]) -> float:
    """One bar for each value where there are few: bins of another width would show waves.

    Returns:
        The height of the tallest.
    """
    colour = SERIES[2].colour
    values, counts = np.unique(shuffled.round(9), return_counts=True)
    if 1 < values.size <= MOST_BARS:
        axes.bar(values, counts, float(np.diff(values).min()), color=colour, edgecolor="white")
        return float(counts.max())
    heights, _, _ = axes.hist(shuffled, BINS, color=colour, edgecolor="white")
    return float(np.max(heights))
