"""The experiment: planned first, then held against the log."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from lab_utils.experiment.breakdown import TUNING_USERS, OverTime, Segments, over_time, segments
from lab_utils.experiment.checks import Check, GoOn, Inspection, Left
from lab_utils.experiment.decision import Decision, Finding, decide
from lab_utils.experiment.errors import BadArgument, BadPlan
from lab_utils.experiment.many import holm
from lab_utils.experiment.metrics import Metric, Terms
from lab_utils.experiment.per_user import PerUser
from lab_utils.experiment.rows import Rows

if TYPE_CHECKING:
    from lab_utils.plots import Picture


@dataclass(frozen=True)
class Experiment:
    """A plan, written down before any data is seen.

    >>> from lab_utils.experiment import Proportion
    >>> exp = Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=Proportion("outcome"))
    >>> exp.treatment
    'b'

    Args:
        plan: each variant's planned share of users; two variants, shares sum to 1.
        control: the variant in use, which the other one is compared with.
        primary: the metric that decides.
        guardrails: metrics that may not get worse, beyond each one's `tolerance`.
        unit: the column of what was assigned to variants, and is therefore independent.
        alpha: the false-alarm rate accepted; intervals have confidence 1 - alpha.
        seed: of the bootstrap, so that the same log gives the same numbers.

    Raises:
        BadPlan: shares that do not sum to 1, other than two variants, an unknown control, what
            is no metric.
    """

    plan: Mapping[str, float]
    control: str
    primary: Metric
    guardrails: Sequence[Metric] = ()
    unit: str = "user_id"
    alpha: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        shares = ", ".join(f"{name}: {share:g}" for name, share in self.plan.items())
        if not isinstance(self.guardrails, Sequence):
            raise BadPlan(f"the guardrails are {self.guardrails!r}, not a list")
        for metric in self.metrics:
            if not hasattr(metric, "compare"):
                raise BadPlan(f"{metric!r} is given for a metric")
        if len(self.plan) != 2:
            raise BadPlan(f"the plan has {len(self.plan)} variants ({shares})")
        if min(self.plan.values()) <= 0 or not math.isclose(sum(self.plan.values()), 1):
            raise BadPlan(f"the plan's shares are {shares}")
        if self.control not in self.plan:
            raise BadPlan(f"the control {self.control!r} is not in the plan ({shares})")
        if not 0 < self.alpha < 1:
            raise BadPlan(f"alpha is {self.alpha}, not between 0 and 1")

    @property
    def treatment(self) -> str:
        """The variant that is compared with the control."""
        return next(name for name in self.plan if name != self.control)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The primary metric, then the guardrails."""
        return (self.primary, *self.guardrails)

    @property
    def _terms(self) -> Terms:
        return Terms(self.unit, self.alpha, self.seed)

    def check(self, log: pd.DataFrame | PerUser, **go_on: Unpack[GoOn]) -> Check:
        """Counts and problems, without a look at who wins.

        Args:
            log: one row per request: `user_id` (or what `unit` names), `variant` and the
                metrics' columns; `request_id`, `timestamp` and `status` are used where present.
                Or its sums per user, where it is too large for a table.
            **go_on: options to go on knowingly, named by each problem.
        """
        return self._inspection(self._visits(log), go_on).run()

    def analyze(self, log: pd.DataFrame | PerUser, **go_on: Unpack[GoOn]) -> Result:
        """Compare the variants, with users as the unit.

        Args:
            log: as for `check`.
            **go_on: options to go on knowingly where a problem would stop the analysis.

        Raises:
            ExperimentError: the first problem that `check` finds; its class names it.
        """
        inspection, check = self._passed(self._visits(log), go_on)
        groups = inspection.groups()
        control, treatment = groups[self.control], groups[self.treatment]
        findings = tuple(
            Finding(metric, metric.compare(control, treatment, self._terms), self.alpha)
            for metric in self.metrics
        )
        return Result(self, check, findings)

    def rows(self, log: pd.DataFrame, **go_on: Unpack[GoOn]) -> pd.DataFrame:
        """The rows of the log that `analyze` compares, such as without duplicates.

        Raises:
            ExperimentError: the first problem that `check` finds.
        """
        inspection, _ = self._passed(self._rows(log), go_on)
        return inspection.visits.frame

    def segments(self, log: pd.DataFrame, by: str, **go_on: Unpack[GoOn]) -> Segments:
        """The primary metric by segment, adjusted for how many there are; see `breakdown`."""
        return segments(self, log, by, **go_on)

    def over_time(
        self,
        log: pd.DataFrame,
        freq: str = "1D",
        tuning_users: int = TUNING_USERS,
        **go_on: Unpack[GoOn],
    ) -> OverTime:
        """The primary metric as the data came in, with always-valid intervals; see `breakdown`."""
        return over_time(self, log, freq, tuning_users, **go_on)

    def _passed(self, visits: Left, go_on: GoOn) -> tuple[Inspection[Left], Check]:
        inspection = self._inspection(visits, go_on)
        check = inspection.run()
        if check.problems:
            raise check.problems[0]
        return inspection, check

    def _inspection(self, visits: Left, go_on: GoOn) -> Inspection[Left]:
        return Inspection(visits, self.plan, self._terms, self.metrics, go_on)

    def _visits(self, log: pd.DataFrame | PerUser) -> Rows | PerUser:
        return log if isinstance(log, PerUser) else self._rows(log)

    def _rows(self, log: pd.DataFrame) -> Rows:
        if not isinstance(log, pd.DataFrame):
            found = f"the log is of type {type(log).__name__}"
            raise BadArgument(found, "give a pandas DataFrame, such as log.to_pandas() of polars'")
        for metric in self.metrics:
            log = metric.prepare(log)
        return Rows.of(log, self.unit, [metric.column for metric in self.metrics])


@dataclass(frozen=True)
class Result:
    """What an experiment found: its numbers, and the decision they support.

    Attributes:
        experiment: the plan.
        check: what the data looked like.
        findings: one per metric, the primary first.
    """

    experiment: Experiment
    check: Check
    findings: tuple[Finding, ...]

    @property
    def primary(self) -> Finding:
        """The metric that decides."""
        return self.findings[0]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per metric, the primary first; differences are treatment minus control.

        `p_adjusted` is Holm's over all metrics, for whoever would take any of them for a finding.
        `significant` goes by `p_value` and interval: the primary metric was chosen before, and
        guardrails are held against a tolerance.
        """
        adjusted = _adjusted(self.findings, self.experiment.alpha)
        rows = [
            _row(finding, self.experiment.unit, p_adjusted)
            for finding, p_adjusted in zip(self.findings, adjusted, strict=True)
        ]
        return pd.DataFrame(rows)

    def decision(self) -> Decision:
        """The verdict in plain words."""
        names = self.experiment.control, self.experiment.treatment
        return decide(self.primary, self.findings[1:], self.check, *names)

    def plot(self) -> Picture:
        """`plots.forest`: every metric's difference with its interval."""
        from lab_utils import plots

        return plots.forest(self)


def _adjusted(findings: Sequence[Finding], alpha: float) -> list[float]:
    """Holm's p-values; a metric without one stays without, and counts as a test all the same."""
    seen = [finding.comparison.p_value for finding in findings]
    adjusted = holm([1.0 if math.isnan(p) else p for p in seen], alpha).p_values
    return [p if math.isnan(p) else a for p, a in zip(seen, adjusted, strict=True)]


def _row(finding: Finding, unit: str, p_adjusted: float) -> dict[str, object]:
    seen = finding.comparison
    return {
        "metric": finding.metric.name,
        "unit": unit,
        "method": seen.method,
        "n_control": seen.n_control,
        "n_treatment": seen.n_treatment,
        "control": seen.control,
        "treatment": seen.treatment,
        "difference": seen.difference,
        "std_error": seen.std_error,
        "ci_low": seen.interval[0],
        "ci_high": seen.interval[1],
        "relative_difference": seen.relative_difference,
        "rel_ci_low": seen.relative_interval[0],
        "rel_ci_high": seen.relative_interval[1],
        "statistic": seen.statistic,
        "df": seen.df,
        "p_value": seen.p_value,
        "p_adjusted": p_adjusted,
        "significant": finding.significant,
        "warnings": "; ".join(seen.warnings),
    }
