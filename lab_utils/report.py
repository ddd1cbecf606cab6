"""A run's report: one page that stands alone, and the same summary for the terminal.

Both say what one immutable `Summary` says, the verdict first, then what it rests on, then
what was weak; the page adds pictures and definitions.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
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

from lab_utils import __version__, events, measured, plots
from lab_utils.experiment import (
    Check,
    EmptyVariant,
    Experiment,
    Finding,
    MissingColumns,
    MissingOutcome,
    MixedAssignment,
    Result,
    undecidable,
    wording,
)
from lab_utils.plots import Picture
from lab_utils.sayable import Sayable
from lab_utils.summary import MetricLine, Summary

__all__ = ["Summary", "terminal", "write"]

COLOURS = {"ship": "green", "don't ship": "red", "keep collecting": "yellow", "broken": "magenta"}

NOTHING_WEAK = "None of the checks below found anything."

LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib")


def write(
    run_folder: Path,
    *,
    experiment: Experiment,
    seed: int,
    runtime: str,
    versions: Mapping[str, str] | None = None,
    visitor_failures: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
    alarms: Sequence[str] = (),
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
        notes: what a reader has to know about the split, such as weights changed before.
        alarms: what makes every number worthless, such as weights changed meanwhile; shown first.

    Returns:
        What the page says, for `terminal`.

    Raises:
        LabError: there is no event log, or not one event in it.
    """
    log = events.read(run_folder / "events.jsonl")
    visits = log.visits()
    check = experiment.check(visits)
    result = experiment.analyze(visits) if check.ok else None
    decision = result.decision() if result else undecidable(check.problems)
    summary = Summary(
        run=run_folder.resolve().name,
        control=experiment.control,
        treatment=experiment.treatment,
        verdict=decision.verdict,
        sentence=decision.sentence,
        would_change=decision.would_change,
        alarms=tuple(alarms),
        guardrails=decision.guardrails,
        reasons=decision.reasons,
        confidence=100 * (1 - experiment.alpha),
        variants=check.variants,
        split=check.split_sentence,
        notes=tuple(notes),
        metrics=tuple(_line(finding) for finding in result.findings) if result else (),
        weaknesses=(*alarms, *_weaknesses(log, check, visitor_failures or {})),
        passed=_passed(log, check, visitor_failures, alarms),
        measured=measured.definitions(experiment),
        facts=_facts(visits, seed, runtime),
        versions=_versions() | dict(versions or {}),
    )
    page = _render(summary, _pictures(visits, check, result))
    (run_folder / "report.html").write_text(page, encoding="utf-8")
    (run_folder / "summary.json").write_text(_to_json(summary), encoding="utf-8")
    return summary


def terminal(summary: Summary) -> RenderableType:
    """The summary as something `rich` prints, on whatever terminal there is."""
    verdict = Text(f"{summary.verdict.capitalize()}. ", style="bold")
    body = Text.assemble(verdict, summary.sentence, "\n\n", summary.would_change)
    panel = Panel(
        body, title=f"Verdict on {summary.treatment}", border_style=COLOURS[summary.verdict]
    )
    alarms = [Text(f"WARNING: {alarm}", style="bold red") for alarm in summary.alarms]
    return Sayable(Group(*alarms, panel, *_tables(summary), *_lists(summary)))


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


def _lists(summary: Summary) -> list[RenderableType]:
    versions = ", ".join(f"{name} {version}" for name, version in summary.versions.items())
    made = Table.grid("", "", padding=(0, 2))
    for name, value in {**summary.facts, "versions": versions}.items():
        made.add_row(name, Text(value), style="dim")
    lists = {
        "The split": summary.notes,
        "Guardrails": summary.guardrails,
        "What was weak": summary.weaknesses or (NOTHING_WEAK,),
        "Checked and found in order": summary.passed,
    }
    shown = [_bullets(title, lines) for title, lines in lists.items() if lines]
    return [*shown, Text("How it was made", style="bold"), made]


def _bullets(title: str, lines: Sequence[str]) -> RenderableType:
    bullets = Table.grid("", "", padding=(0, 1))
    for line in lines:
        bullets.add_row("-", Text(line))
    return Group(Text(title, style="bold"), bullets, "")


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


def _passed(
    log: events.EventLog,
    check: Check,
    visitor_failures: Mapping[str, int] | None,
    alarms: Sequence[str],
) -> tuple[str, ...]:
    """Every check that was made and found nothing, in words; none that was not made."""
    bad_outcomes = log.duplicate_outcomes + log.orphan_outcomes + log.contradicting_outcomes
    whole = not (log.unusable_lines or log.unknown_events)
    found = {type(problem) for problem in check.problems}
    served = len(check.variants) and found.isdisjoint({MissingColumns, EmptyVariant})
    made = {
        f"each of the {log.lines:,} lines of the event log is a whole event": whole,
        "each outcome names a request of the log and its variant, none reported twice": (
            not bad_outcomes
        ),
        "no request for films failed (status 400 or more)": not log.failures(),
        "no visitor failed": visitor_failures is not None and not visitor_failures,
        "no user was served by both variants": served and MixedAssignment not in found,
        "each answered request has its outcome": served and MissingOutcome not in found,
        "the users seen fit the planned split": (
            check.sample_ratio is not None and not (check.sample_ratio.mismatch or alarms)
        ),
    }
    return tuple(what for what, passed in made.items() if passed)


def _facts(visits: pd.DataFrame, seed: int, runtime: str) -> dict[str, str]:
    first, last = visits["timestamp"].min(), visits["timestamp"].max()
    times = {"first request": first, "last request": last}
    return {
        "how the services ran": runtime,
        "seed": str(seed),
        **{name: f"{at:%Y-%m-%d %H:%M:%S} UTC" for name, at in times.items() if pd.notna(at)},
    }


def _versions() -> dict[str, str]:
    libraries = {library: metadata.version(library) for library in LIBRARIES}
    return {"lab": __version__, "Python": platform.python_version(), **libraries}


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
    words = {"share": wording.value, "nothing_weak": NOTHING_WEAK}
    return template.render(summary=summary, figures=figures, **words)


def _to_json(summary: Summary) -> str:
    return json.dumps(_without_nan(asdict(summary)), indent=2, ensure_ascii=False) + "\n"


def _without_nan(value: Any) -> Any:
    """JSON knows neither NaN nor infinity: what was not computed is null."""
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
