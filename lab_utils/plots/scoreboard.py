"""Many metrics at once: which of them look like something?"""

from __future__ import annotations

from lab_utils.experiment import Result, wording
from lab_utils.plots.look import (
    DIFFERENCE,
    INK,
    Picture,
    Stroke,
    canvas,
    difference_unit,
    point,
    scale,
)
from lab_utils.plots.looks import ALARM

CROSS = Stroke(ALARM, "X", "-", "")
"""An interval that leaves 0 out."""


def scoreboard(result: Result) -> Picture:
    """Every metric's difference on one axis, from best to worst; a cross where it leaves 0 out.

    For metrics of one unit; `forest` gives each its own.

    Args:
        result: of a plan whose metrics have the same `measure`.
    """
    plan, measure = result.experiment, result.primary.metric.measure
    factor, _ = scale(measure)
    findings = sorted(result.findings, key=lambda each: -each.comparison.difference)
    with canvas(height=1.8 + 0.36 * len(findings)) as figure:
        axes = figure.subplots()
        for row, finding in enumerate(findings):
            seen = finding.comparison
            value, low, high = (factor * each for each in (seen.difference, *seen.interval))
            stroke, size = (CROSS, 13) if finding.significant else (DIFFERENCE, 8)
            look = {"markersize": size, "capsize": 4, "capthick": 2, "elinewidth": 2}
            point(axes, (value, row), (low, high), stroke, along="x", **look)
        axes.axvline(0, color=INK, linewidth=2, linestyle=":")
        axes.set_yticks(range(len(findings)), [each.metric.name for each in findings], fontsize=12)
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
        axes.set_xlabel(
            f"{plan.treatment} {wording.MINUS} {plan.control} ({difference_unit(measure)}), "
            f"{100 * (1 - plan.alpha):g}% interval; cross: leaves 0 out"
        )
        axes.set_title(f"{len(findings)} metrics, one experiment")
    alarms = [each for each in findings if each.significant]
    told = "; ".join(
        f"{each.metric.name} {wording.difference(each.comparison.difference, measure)}, "
        f"{wording.p_value(each.comparison.p_value)}"
        for each in alarms
    )
    caption = f"{len(alarms)} of {len(findings)} metrics leave 0 out"
    caption = f"{caption}: {told}" if told else caption
    alt = f"One row per metric: the difference with its interval against 0. {caption}."
    return Picture(figure, alt, caption)
