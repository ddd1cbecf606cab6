"""How long did visitors wait?"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from lab_utils.experiment import quantile, wording
from lab_utils.plots.look import FAINT, STROKES, Picture, canvas, in_percent, label

LEAST_MS = 0.001
"""What the balancer's clock tells apart; a logarithmic axis has no place for 0."""


def latency(log: pd.DataFrame, q: float = 0.95) -> Picture:
    """How many requests were answered within how many milliseconds, by variant.

    Args:
        log: columns `variant` and `latency_ms`, one row per request.
        q: the quantile that is marked.
    """
    groups = {str(name): rows["latency_ms"].dropna() for name, rows in log.groupby("variant")}
    marks = {name: quantile(values, q) for name, values in groups.items()}
    slowest = max(marks, key=marks.__getitem__)
    with canvas() as figure:
        axes = figure.subplots()
        axes.axhline(q, color=FAINT, linewidth=1.5, linestyle=":")
        for (name, values), stroke in zip(groups.items(), STROKES, strict=False):
            axes.ecdf(values, color=stroke.colour, linestyle=stroke.line, label=f"variant {name}")
            axes.plot(marks[name], q, stroke.marker, color=stroke.colour, markersize=13)
            text = f"p{100 * q:g} of {name}: {wording.value(marks[name], 'ms')}"
            # an ECDF leaves the lower right and the upper left free
            if name == slowest:
                label(axes, text, (marks[name], q), (12, -16))
            else:
                label(axes, text, (marks[name], q), (-12, 12), ha="right")
        fastest_request = max(LEAST_MS, min(values.min() for values in groups.values()))
        slowest_request = max(LEAST_MS, *(values.max() for values in groups.values()))
        right = max(slowest_request * 1.1, marks[slowest] * 4)
        # room for the label to the left of the faster variant's mark
        first_mark = min(marks.values())
        left = min(fastest_request / 1.5, first_mark * (first_mark / right) ** 0.5)
        axes.set_xlim(left, right)
        axes.set_ylim(0, 1.1)
        _log_milliseconds(axes)
        axes.set_ylabel("requests answered within")
        axes.set_title("How long did visitors wait?")
        axes.grid()
        axes.legend(frameon=False, loc="lower right")
    caption = "; ".join(
        f"{name}: p{100 * q:g} {wording.value(mark, 'ms')} of {len(groups[name]):,} requests"
        for name, mark in marks.items()
    )
    alt = f"Cumulative share of requests over latency, one curve a variant. {caption}."
    return Picture(figure, alt, caption)


def _log_milliseconds(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    in_percent(axes.yaxis)
    axes.set_xlabel("latency (ms, logarithmic)")
