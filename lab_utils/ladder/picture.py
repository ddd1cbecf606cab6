"""The ladder as a picture, with what the benchmark has recorded on another machine beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from lab_utils.ladder.measure import Rung
from lab_utils.plots import FAINT, LOOK, STROKES, Picture
from lab_utils.recorded import FOLDER, in_words

if TYPE_CHECKING:
    import pandas as pd

RECORDED = FOLDER / "balancer-benchmark.json"
TITLES = {
    "recitation": "the recitation's idea",
    "aiohttp": "aiohttp on both sides",
    "sticky": "ours, sticky, with its event log",
    "haproxy": "HAProxy",
    "nginx": "nginx",
}


def recorded() -> dict[str, float]:
    """CPU time per request in microseconds, by balancer, from the benchmark's run that is kept.

    It was measured on one core kept busy by wrk.
    """
    medians = _kept()["medians"]
    plain = {each["peer"]: each["cpu_us"] for each in medians if each["shape"] == "plain"}
    return {title: plain[name] for name, title in TITLES.items()}


def recorded_on() -> str:
    """The day of that run, in words."""
    return in_words(_kept()["machine"]["day"])


def _kept() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(RECORDED.read_text("utf-8"))
    return kept


def table(rungs: Sequence[Rung]) -> pd.DataFrame:
    """A row for each rung: CPU time a request, how many times the last rung's, the median wait."""
    import pandas as pd

    rows = [
        {
            "design": rung.title,
            "CPU µs a request": round(rung.cpu_us, 1 if rung.cpu_us < 100 else 0),
            "times the last": round(rung.cpu_us / rungs[-1].cpu_us),
            "median wait, ms": round(rung.p50_ms, 2),
        }
        for rung in rungs
    ]
    columns = ["design", "CPU µs a request", "times the last", "median wait, ms"]
    return pd.DataFrame(rows, columns=columns).set_index("design")


def ladder(rungs: Sequence[Rung]) -> Picture:
    """CPU time a request, one bar a rung, on a logarithmic axis; the recorded one without rungs."""
    if not rungs:
        return benchmark()
    costs = {rung.title: rung.cpu_us for rung in rungs}
    return _bars(costs, "What does one request cost?", "measured on this computer")


def benchmark() -> Picture:
    """The recorded benchmark in the same way."""
    return _bars(recorded(), "And beside the industry's?", f"recorded on {recorded_on()}")


def _bars(costs: Mapping[str, float], title: str, where: str) -> Picture:
    with mpl.rc_context(LOOK):
        figure = Figure(figsize=(11, 1.8 + 0.72 * len(costs)), layout="constrained")
        axes = figure.subplots()
        for row, (name, cost) in enumerate(costs.items()):
            stroke = STROKES[0] if name.startswith("ours") else STROKES[1]
            axes.barh(row, cost, 0.62, color=stroke.colour, hatch=stroke.hatch, edgecolor="white")
            axes.annotate(
                f"{_microseconds(cost)} µs",
                (cost, row),
                (10, 0),
                textcoords="offset points",
                va="center",
                weight="bold",
            )
        axes.set_yticks(range(len(costs)), list(costs))
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.set_xlim(min(costs.values()) / 3, max(costs.values()) * 5)
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(f"CPU time a request, µs (logarithmic), {where}")
        axes.set_title(title)
        axes.grid(axis="x", color=FAINT, alpha=0.3)
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    words = "; ".join(f"{name} {_microseconds(cost)} µs" for name, cost in costs.items())
    caption = f"CPU time a request, {where}: {words}"
    return Picture(figure, f"Bar chart on a logarithmic axis. {caption}.", caption)


def _microseconds(cost: float) -> str:
    return f"{cost:,.0f}" if cost >= 100 else f"{cost:.1f}"
