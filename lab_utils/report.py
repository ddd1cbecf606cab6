"""A run's report: one page that stands alone, and the same summary for the terminal.

Both say what one immutable `Summary` says, the verdict first, then what it rests on, then
what was weak.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lab_utils import __version__, events, plots
from lab_utils.experiment import (
    Check,
    Decision,
    Experiment,
    Finding,
    Result,
    VariantCount,
    undecidable,
    wording,
)
from lab_utils.plots import Picture

COLOURS = {"ship": "green", "don't ship": "red", "keep collecting": "yellow", "broken": "magenta"}

LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib")


@dataclass(frozen=True)
class MetricLine:
    """One metric's numbers; NaN where a method has none.

    Attributes:
        measure: "share" (of 1) or the unit of all values.
        difference: treatment minus control.
    """

    metric: str
    measure: str
    method: str
    control: float
    treatment: float
    difference: float
    ci_low: float
    ci_high: float
    p_value: float

    @property
    def shown(self) -> tuple[str, str, str, str, str, str]:
        """The line as it is printed: metric, both values, difference, interval, p-value."""
        return (
            self.metric,
            wording.value(self.control, self.measure),
            wording.value(self.treatment, self.measure),
            wording.difference(self.difference, self.measure),
            wording.interval((self.ci_low, self.ci_high), self.measure),
            wording.p_value(self.p_value).removeprefix("p ").removeprefix("= "),
        )


@dataclass(frozen=True)
class Summary:
    """Everything a run has to say; the page and the terminal show nothing else.

    Attributes:
        run: the run folder's name.
        control: the variant in use.
        treatment: the variant under test.
        verdict: ship, don't ship, keep collecting or broken.
        sentence: what the verdict rests on.
        would_change: what would have to be seen for another verdict.
        reasons: one line per metric and check behind it.
        confidence: of the intervals, in percent.
        variants: planned and seen, per variant.
        split: whether they fit, in words.
        metrics: numbers, the primary metric first; empty where the analysis was stopped.
        weaknesses: what was lost, failed, or has to be known; empty if nothing.
        facts: what it takes to run this again: seed, runtime, versions, times.
    """

    run: str
    control: str
    treatment: str
    verdict: str
    sentence: str
    would_change: str
    reasons: tuple[str, ...]
    confidence: float
    variants: tuple[VariantCount, ...]
    split: str
    metrics: tuple[MetricLine, ...]
    weaknesses: tuple[str, ...]
    facts: Mapping[str, str]

    @property
    def metric_head(self) -> tuple[str, ...]:
        """Column titles for `MetricLine.shown`."""
        interval = f"{self.confidence:g}% interval"
        return ("Metric", self.control, self.treatment, "Difference", interval, "p-value")


def write(
    run_folder: Path,
    *,
    experiment: Experiment,
    seed: int,
    runtime: str,
    versions: Mapping[str, str] | None = None,
    visitor_failures: Mapping[str, int] | None = None,
) -> Summary:
    """Analyse a run's event log and write `report.html` and `summary.json` beside it.

    Args:
        run_folder: holds `events.jsonl`; the report is written into it.
        experiment: the plan that the log is held against.
        seed: the one the visitors were replayed with.
        runtime: one sentence, how the services ran: in containers, or as plain processes.
        versions: of what else took part (the engine, the images), by name.
        visitor_failures: what the visitors could not do and how often, by name; such as a
            connection refused, which no balancer could log.

    Returns:
        What the page says, for `terminal`.

    Raises:
        LabError: there is no event log, or not one event in it.
    """
    log = events.read(run_folder / "events.jsonl")
    visits = log.visits()
    check = experiment.check(visits)
    result = experiment.analyze(visits) if check.ok else None
    summary = Summary(
        run=run_folder.resolve().name,
        control=experiment.control,
        treatment=experiment.treatment,
        **_decision_parts(result.decision() if result else undecidable(check.problems)),
        confidence=100 * (1 - experiment.alpha),
        variants=check.variants,
        split=check.split_sentence,
        metrics=tuple(_line(finding) for finding in result.findings) if result else (),
        weaknesses=_weaknesses(log, check, visitor_failures or {}),
        facts=_facts(visits, seed, runtime, versions or {}),
    )
    page = _render(summary, _pictures(visits, check, result))
    (run_folder / "report.html").write_text(page, encoding="utf-8")
    (run_folder / "summary.json").write_text(_to_json(summary), encoding="utf-8")
    return summary


def terminal(summary: Summary) -> RenderableType:
    """The summary as something `rich` prints."""
    verdict = Text(f"{summary.verdict.capitalize()}. ", style="bold")
    body = Text.assemble(verdict, summary.sentence, "\n\n", summary.would_change)
    panel = Panel(
        body, title=f"Verdict on {summary.treatment}", border_style=COLOURS[summary.verdict]
    )
    return Group(panel, *_tables(summary), *_lists(summary))


def _tables(summary: Summary) -> list[Table]:
    split = Table("Variant", "Planned", "Users", "Requests", box=box.SIMPLE_HEAD)
    split.caption = summary.split
    for count in summary.variants:
        planned = wording.value(count.planned, "share")
        split.add_row(count.variant, planned, f"{count.users:,}", f"{count.requests:,}")
    metrics = Table(*summary.metric_head, box=box.SIMPLE_HEAD)
    for line in summary.metrics:
        metrics.add_row(*line.shown)
    return [table for table in (split, metrics) if table.row_count]


def _lists(summary: Summary) -> list[Text]:
    weak = [f"- {weakness}" for weakness in summary.weaknesses] or [
        "- nothing: every line of the log was whole, and every request was answered"
    ]
    facts = [f"{name}: {value}" for name, value in summary.facts.items()]
    return [
        Text.assemble(("What was weak\n", "bold"), "\n".join(weak), "\n"),
        Text("; ".join(facts), style="dim"),
    ]


def _decision_parts(decision: Decision) -> dict[str, Any]:
    return {
        "verdict": decision.verdict,
        "sentence": decision.sentence,
        "would_change": decision.would_change,
        "reasons": decision.reasons,
    }


def _line(finding: Finding) -> MetricLine:
    seen = finding.comparison
    return MetricLine(
        metric=finding.metric.name,
        measure=finding.metric.measure,
        method=seen.method,
        control=seen.control,
        treatment=seen.treatment,
        difference=seen.difference,
        ci_low=seen.interval[0],
        ci_high=seen.interval[1],
        p_value=seen.p_value,
    )


def _weaknesses(
    log: events.EventLog, check: Check, visitor_failures: Mapping[str, int]
) -> tuple[str, ...]:
    return (
        *(
            f"event log: {count:,} \N{MULTIPLICATION SIGN} {what}"
            for what, count in log.problems().items()
        ),
        *(
            f"requests: {count:,} \N{MULTIPLICATION SIGN} {what}, kept as no success"
            for what, count in log.failures().items()
        ),
        *(
            f"visitors: {count:,} \N{MULTIPLICATION SIGN} {what}"
            for what, count in visitor_failures.items()
        ),
        *check.warnings,
    )


def _facts(
    visits: pd.DataFrame, seed: int, runtime: str, versions: Mapping[str, str]
) -> dict[str, str]:
    first, last = visits["timestamp"].min(), visits["timestamp"].max()
    times = {"first request": first, "last request": last}
    return {
        "how the services ran": runtime,
        "seed": str(seed),
        **{name: f"{at:%Y-%m-%d %H:%M:%S} UTC" for name, at in times.items() if pd.notna(at)},
        "lab": __version__,
        "Python": platform.python_version(),
        **{library: metadata.version(library) for library in LIBRARIES},
        **versions,
    }


def _pictures(visits: pd.DataFrame, check: Check, result: Result | None) -> list[Picture]:
    planned = visits[visits["variant"].isin([count.variant for count in check.variants])]
    return [
        *([plots.effect(result)] if result else []),
        *([plots.split(check)] if any(count.users for count in check.variants) else []),
        *([plots.latency(planned)] if len(planned) else []),
    ]


def _render(summary: Summary, pictures: list[Picture]) -> str:
    environment = Environment(
        loader=PackageLoader("lab_utils", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.j2")
    # the element is made by `Picture.to_html`, which escapes what it is given
    figures = [(Markup(picture.to_html()), picture.caption) for picture in pictures]  # noqa: S704
    return template.render(summary=summary, figures=figures, share=wording.value)


def _to_json(summary: Summary) -> str:
    return json.dumps(_without_nan(asdict(summary)), indent=2, ensure_ascii=False) + "\n"


def _without_nan(value: Any) -> Any:
    """JSON knows neither NaN nor infinity: what was not computed is null."""
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
