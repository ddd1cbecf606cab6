"""What did the test find: the primary metric by itself, and every metric of the plan."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lab_utils.experiment import Finding, Result, wording
from lab_utils.plots.look import (
    DIFFERENCE,
    INK,
    PALE,
    STROKES,
    Picture,
    canvas,
    difference_unit,
    label,
    label_above,
    point,
    scale,
)

TOPS = (1, 2, 5, 10, 20, 30, 50, 100)
"""In %: where an axis of shares may end. It begins at 0, and small rates keep their intervals."""


def effect(result: Result) -> Picture:
    """The primary metric in both variants, and their difference against 0."""
    seen, metric = result.primary.comparison, result.primary.metric
    control, treatment = result.experiment.control, result.experiment.treatment
    level = _level(result)
    with canvas() as figure:
        left, right = figure.subplots(1, 2, width_ratios=[1.3, 1])
        _draw_values(left, result.primary, (control, treatment))
        _draw_difference(right, result.primary)
        right.set_xticks([0], [f"{treatment} {wording.MINUS} {control}\n{level}"])
    caption = (
        f"{metric.name}: {control} {wording.value(seen.control, metric.measure)} of "
        f"{seen.n_control:,} users, {treatment} {wording.value(seen.treatment, metric.measure)} "
        f"of {seen.n_treatment:,} users; difference "
        f"{wording.difference(seen.difference, metric.measure)}, "
        f"{level} {wording.interval(seen.interval, metric.measure)}, "
        f"{wording.p_value(seen.p_value)}"
    )
    alt = f"Two panels: both variants with intervals, and their difference against 0. {caption}."
    return Picture(figure, alt, caption)


def forest(result: Result) -> Picture:
    """Every metric's difference with its interval, a row each, in its own unit.

    Right of the line is better, whichever way the metric counts. A guardrail's shaded area is
    what is worse than tolerated: an interval clear of it has held.
    """
    control, treatment = result.experiment.control, result.experiment.treatment
    findings = result.findings
    with canvas(height=1.6 + 1.45 * len(findings)) as figure:
        rows = figure.subplots(len(findings), 1, squeeze=False)[:, 0]
        for axes, finding in zip(rows, findings, strict=True):
            _draw_row(axes, finding, guardrail=finding is not result.primary)
        rows[0].set_title(f"{treatment} against {control}: right of the line is better")
        rows[-1].set_xlabel(
            f"{treatment} {wording.MINUS} {control}, {_level(result)}"
            + "; shaded: worse than tolerated" * (len(findings) > 1)
        )
    caption = "; ".join(_in_words(finding) for finding in findings)
    caption = f"{treatment} {wording.MINUS} {control}, {_level(result)}: {caption}"
    alt = f"One row per metric: the difference and its interval against 0. {caption}."
    return Picture(figure, alt, caption)


def _level(result: Result) -> str:
    return f"{100 * (1 - result.experiment.alpha):g}% interval"


def _in_words(finding: Finding) -> str:
    seen, measure = finding.comparison, finding.metric.measure
    return (
        f"{finding.metric.name} {wording.difference(seen.difference, measure)} "
        f"({wording.interval(seen.interval, measure)})"
    )


def _draw_row(axes: Axes, finding: Finding, *, guardrail: bool) -> None:
    seen, metric = finding.comparison, finding.metric
    factor, _ = scale(metric.measure)
    value, low, high = (factor * each for each in (seen.difference, *seen.interval))
    tolerance = factor * metric.tolerance
    known = [abs(x) for x in (value, low, high, tolerance * guardrail) if math.isfinite(x)]
    reach = 1.25 * max(known) or 1.0
    worse = -1 if metric.higher_is_better else 1
    if guardrail:
        axes.axvspan(worse * tolerance, worse * reach, color=PALE)
    axes.axvline(0, color=INK, linewidth=2, linestyle=":")
    if math.isfinite(low):
        point(axes, (value, 0), (low, high), DIFFERENCE, along="x", markersize=12)
    axes.set_xlim(worse * reach, -worse * reach)
    axes.set_ylim(-1, 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axes.tick_params(axis="x", labelsize=13)
    what = "guardrail" if guardrail else "decides"
    unit = {"share": "points"}.get(metric.measure, metric.measure)
    name = f"{metric.name}\n{what}" + f" ({unit})" * bool(unit)
    axes.set_ylabel(name, rotation=0, ha="right", va="center")
    label_above(axes, wording.difference(seen.difference, metric.measure), (value, 0))


def _draw_values(axes: Axes, finding: Finding, names: tuple[str, str]) -> None:
    seen, measure = finding.comparison, finding.metric.measure
    factor, unit = scale(measure)
    groups = (
        (seen.control, seen.control_interval, seen.n_control),
        (seen.treatment, seen.treatment_interval, seen.n_treatment),
    )
    for at, ((value, (low, high), _), stroke) in enumerate(zip(groups, STROKES, strict=True)):
        point(axes, (at, value * factor), (low * factor, high * factor), stroke)
        label(axes, wording.value(value, measure), (at, value * factor), (16, 0))
    ticks = [f"{name}\n{n:,} users" for name, (_, _, n) in zip(names, groups, strict=True)]
    axes.set_xticks([0, 1], ticks)
    axes.set_xlim(-0.4, 1.75)
    axes.set_ylabel(f"{finding.metric.name} ({unit})" if unit else finding.metric.name)
    if measure == "share":
        highest = factor * max(high for _, (_, high), _ in groups)
        axes.set_ylim(0, next(top for top in TOPS if top >= min(100, 1.2 * highest)))
    axes.set_title("Each variant")
    axes.grid(axis="y")


def _draw_difference(axes: Axes, finding: Finding) -> None:
    seen, measure = finding.comparison, finding.metric.measure
    factor, _ = scale(measure)
    value, low, high = (factor * each for each in (seen.difference, *seen.interval))
    axes.axhline(0, color=INK, linewidth=2, linestyle=":")
    point(axes, (0, value), (low, high), DIFFERENCE)
    label(axes, wording.difference(seen.difference, measure), (0, value), (16, 0))
    axes.set_xlim(-0.4, 1.2)
    lowest, highest = min(0.0, value, low), max(0.0, value, high)
    pad = 0.18 * (highest - lowest)
    axes.set_ylim(lowest - pad, highest + pad)
    axes.yaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.set_ylabel(difference_unit(measure))
    axes.set_title("The difference")
    axes.grid(axis="y")
