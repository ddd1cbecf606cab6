"""What a run has to say, once, for the page, the terminal and `summary.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab_utils.experiment import VariantCount, wording


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
    """Everything a run has to say; page and terminal show nothing else.

    Attributes:
        run: the run folder's name.
        control: the variant in use.
        treatment: the variant under test.
        verdict: ship, don't ship, keep collecting or broken.
        sentence: what the verdict rests on.
        would_change: what would have to be seen for another verdict.
        alarms: what makes every number here worthless; empty for a sound run.
        guardrails: what each guardrail did: held, was breached, or could not tell.
        reasons: one line per metric and check behind it.
        confidence: of the intervals, in percent.
        variants: planned and seen, per variant.
        split: whether they fit, in words.
        notes: what else there is to know about the split.
        metrics: numbers, the primary metric first; empty where the analysis was stopped.
        weaknesses: what was lost, failed, or has to be known; empty if no check found any.
        passed: the checks that were made and found nothing.
        measured: what each word of this report means.
        facts: how the run was made: runtime, seed, times.
        versions: of what took part, by name.
    """

    run: str
    control: str
    treatment: str
    verdict: str
    sentence: str
    would_change: str
    alarms: tuple[str, ...]
    guardrails: tuple[str, ...]
    reasons: tuple[str, ...]
    confidence: float
    variants: tuple[VariantCount, ...]
    split: str
    notes: tuple[str, ...]
    metrics: tuple[MetricLine, ...]
    weaknesses: tuple[str, ...]
    passed: tuple[str, ...]
    measured: Mapping[str, str]
    facts: Mapping[str, str]
    versions: Mapping[str, str]

    @property
    def metric_head(self) -> tuple[str, ...]:
        """Column titles for `MetricLine.shown`."""
        interval = f"{self.confidence:g}% interval"
        return ("Metric", self.control, self.treatment, "Difference", interval, "p-value")
