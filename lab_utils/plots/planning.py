"""How many users does a difference need to be seen?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter

from lab_utils.experiment import BadArgument, wording
from lab_utils.plots.look import FAINT, SERIES, Picture, Stroke, canvas, in_percent, label


def power(curve: pd.DataFrame, target: float = 0.8) -> Picture:
    """The chance of seeing each true difference, over the number of users.

    Args:
        curve: of `power_curve`: columns `difference` (in shares), `users`, `power`.
        target: the power that is planned for; where each line crosses it is marked.

    Raises:
        BadArgument: more differences than can be told apart in grey.
    """
    # the largest difference is the topmost line, and its name comes first
    differences = sorted(curve["difference"].unique().tolist(), key=lambda each: -abs(each))
    if len(differences) > len(SERIES):
        found = f"{len(differences)} differences"
        raise BadArgument(found, f"draw at most {len(SERIES)}: more cannot be told apart in grey")
    said = []
    with canvas() as figure:
        axes = figure.subplots()
        axes.axhline(target, color=FAINT, linewidth=1.5, linestyle=":")
        for difference, stroke in zip(differences, SERIES, strict=False):
            rows = curve[curve["difference"] == difference]
            name = wording.difference(difference, "share")
            axes.plot(rows["users"], rows["power"], stroke.line, color=stroke.colour, label=name)
            said.append(f"{name}: {_draw_crossing(axes, rows, target, stroke)}")
        axes.set_ylim(0, 1.03)
        axes.set_xlim(0, 1.08 * curve["users"].max())
        in_percent(axes.yaxis)
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.set_xlabel("users of both variants together")
        axes.set_ylabel("chance of seeing it (power)")
        axes.set_title("How many users does a difference need?")
        axes.grid()
        axes.legend(frameon=False, loc="lower right", title="true difference")
    caption = f"for a power of {target:.0%}, {'; '.join(said)}"
    alt = f"Power over users, one rising line for each true difference. {caption}."
    return Picture(figure, alt, caption)


def _draw_crossing(axes: Axes, rows: pd.DataFrame, target: float, stroke: Stroke) -> str:
    """Where the line reaches the target, marked and in words."""
    reached = rows["power"]
    if not reached.min() <= target <= reached.max():
        last = rows.iloc[-1]
        return f"{last['power']:.0%} with {last['users']:,.0f} users"
    users = float(np.interp(target, reached, rows["users"]))
    axes.plot(users, target, stroke.marker, color=stroke.colour, markersize=12)
    label(axes, f"{users:,.0f}", (users, target), (10, -16))
    return f"about {users:,.0f} users"
