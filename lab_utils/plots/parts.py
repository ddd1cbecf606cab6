"""Do the segments say what the whole says?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lab_utils.experiment import Segments, wording
from lab_utils.plots.look import (
    DIFFERENCE,
    FAINT,
    INK,
    STROKES,
    Picture,
    canvas,
    difference_unit,
    label_above,
    point,
    scale,
)


def segments(found: Segments) -> Picture:
    """Both variants in each segment and over all, beside the differences with their intervals.

    Args:
        found: of `Experiment.segments`.
    """
    plan, metric = found.whole.experiment, found.whole.primary.metric
    names = plan.control, plan.treatment
    rows: list[dict[Any, Any]] = [
        *found.table.to_dict("records"),
        {"segment": "all together", **found.whole.table.iloc[0].to_dict()},
    ]
    with canvas(height=2.6 + 0.95 * len(rows)) as figure:
        left, right = figure.subplots(1, 2, width_ratios=[1.25, 1], sharey=True)
        for at, row in enumerate(rows):
            _draw_values(left, at, row, metric.measure)
            _draw_difference(right, at, row, metric.measure)
        for axes in (left, right):
            axes.axhline(len(rows) - 1.5, color=FAINT, linewidth=1.5)
            axes.grid(axis="x")
            axes.tick_params(axis="y", length=0)
        left.set_yticks(range(len(rows)), [_named(row, names) for row in rows])
        left.set_ylim(len(rows) - 0.5, -0.5)
        _, unit = scale(metric.measure)
        left.set_xlabel(metric.name + f" ({unit})" * bool(unit))
        right.axvline(0, color=INK, linewidth=2, linestyle=":")
        right.set_xlabel(
            f"{plan.treatment} {wording.MINUS} {plan.control}\n({difference_unit(metric.measure)})"
        )
        right.xaxis.set_major_locator(MaxNLocator(5))
        left.margins(x=0.12)
        right.margins(x=0.3)
        left.set_title("Simpson's paradox" if found.simpson else "By segment")
        right.set_title("The difference")
        handles = [
            left.plot([], [], stroke.marker, color=stroke.colour, markersize=11)[0]
            for stroke in STROKES
        ]
        named = [f"variant {name}" for name in names]
        figure.legend(handles, named, frameon=False, loc="outside lower left", ncols=2)
    said = "; ".join(_in_words(row, names, metric.measure) for row in rows)
    paradox = "Simpson's paradox: the whole points the other way than its segments" * found.simpson
    left_out = [f"{name} left out ({why})" for name, why in found.left_out.items()]
    caption = "; ".join(part for part in (said, paradox, *left_out) if part)
    alt = f"Both variants by segment, with their differences beside. {caption}."
    return Picture(figure, alt, caption)


def _draw_values(axes: Axes, at: int, row: Mapping[Any, Any], measure: str) -> None:
    factor, _ = scale(measure)
    values = [factor * row["control"], factor * row["treatment"]]
    axes.plot(values, [at, at], color=FAINT, linewidth=1.5, zorder=1)
    for value, stroke in zip(values, STROKES, strict=True):
        axes.plot(value, at, stroke.marker, color=stroke.colour, markersize=12)


def _draw_difference(axes: Axes, at: int, row: Mapping[Any, Any], measure: str) -> None:
    factor, _ = scale(measure)
    value, low, high = (factor * row[key] for key in ("difference", "ci_low", "ci_high"))
    if not math.isnan(low):
        point(axes, (value, at), (low, high), DIFFERENCE, along="x", markersize=10, capsize=7)
    label_above(axes, wording.difference(row["difference"], measure), (value, at))


def _named(row: Mapping[Any, Any], names: tuple[str, str]) -> str:
    """With the users of each variant: in Simpson's paradox they are all the secret."""
    return f"{row['segment']}\n{names[0]} {row['n_control']:,}, {names[1]} {row['n_treatment']:,}"


def _in_words(row: Mapping[Any, Any], names: tuple[str, str], measure: str) -> str:
    values = " and ".join(
        f"{name} {wording.value(row[key], measure)} of {row[size]:,}"
        for name, key, size in zip(
            names, ("control", "treatment"), ("n_control", "n_treatment"), strict=True
        )
    )
    ends = wording.interval((row["ci_low"], row["ci_high"]), measure)
    return f"{row['segment']}: {values}, {wording.difference(row['difference'], measure)} ({ends})"
