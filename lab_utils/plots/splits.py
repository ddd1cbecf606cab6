"""Were the users split as planned?"""

from __future__ import annotations

from lab_utils.experiment import Check, wording
from lab_utils.experiment.sample_ratio import THRESHOLD, share_by_chance
from lab_utils.plots.look import (
    FAINT,
    INK,
    PALE,
    STROKES,
    Picture,
    canvas,
    in_percent,
    label,
    percent,
)


def split(check: Check) -> Picture:
    """Users planned and seen per variant, with what chance allows.

    The box is as wide as the check is strict: a bar that ends outside it is a mismatch.
    """
    counts = check.variants
    total = max(1, sum(count.users for count in counts))
    p_value = wording.p_value(check.sample_ratio.p_value) if check.sample_ratio else "unchecked"
    with canvas(height=4.4) as figure:
        axes = figure.subplots()
        for row, (count, stroke) in enumerate(zip(counts, STROKES, strict=True)):
            seen = count.users / total
            low, high = share_by_chance(total, count.planned, THRESHOLD)
            axes.barh(row, high - low, 0.74, left=low, color=PALE, edgecolor=FAINT)
            axes.barh(row, seen, 0.4, color=stroke.colour, hatch=stroke.hatch, edgecolor="white")
            axes.vlines(count.planned, row - 0.37, row - 0.2, color=INK)
            axes.vlines(count.planned, row + 0.2, row + 0.37, color=INK)
            label(axes, f"{count.users:,} users, {percent(seen)}", (max(seen, high), row))
        axes.set_yticks(range(len(counts)), [f"variant {count.variant}" for count in counts])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.08)
        axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
        in_percent(axes.xaxis)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(
            "share of users: bar = seen, line = planned, box = 999 of 1,000 fair splits"
        )
        axes.set_title(f"Was the split as planned? ({p_value})")
    caption = "; ".join(
        f"{count.variant}: {count.users:,} of {total:,} users, "
        f"{percent(count.users / total)} seen, {percent(count.planned)} planned"
        for count in counts
    )
    caption = f"{caption}; sample ratio {p_value}"
    alt = f"Bar chart of the share of users in each variant beside the planned share. {caption}."
    return Picture(figure, alt, caption)
