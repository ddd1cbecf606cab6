"""What is measured: each metric names its columns and compares two groups of users.

To add one, write a frozen dataclass with the members of `Metric`; nothing else has to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Protocol

import pandas as pd

from lab_utils.experiment.comparison import Comparison
from lab_utils.experiment.cuped import cuped_test
from lab_utils.experiment.errors import (
    BadCovariate,
    BadOutcome,
    ExperimentError,
    MissingColumns,
    NoVariation,
    TooFewForQuantile,
)
from lab_utils.experiment.means import Sample, compare_means
from lab_utils.experiment.proportions import compare_proportions
from lab_utils.experiment.quantiles import compare_quantiles, fewest_for_quantile
from lab_utils.experiment.ratios import compare_ratios

Groups = dict[str, pd.DataFrame]
"""The rows of each variant."""


@dataclass(frozen=True)
class Terms:
    """What of the experiment every metric needs.

    Attributes:
        unit: the column of what was assigned to variants, and is therefore independent.
        alpha: the false-alarm rate; intervals have confidence 1 - alpha.
        seed: of whatever is drawn at random.
    """

    unit: str
    alpha: float
    seed: int


class Metric(Protocol):
    """What an experiment asks of a metric."""

    @property
    def column(self) -> str:
        """The column of the log it reads."""

    @property
    def name(self) -> str:
        """What tables and sentences call it."""

    @property
    def higher_is_better(self) -> bool:
        """Which direction is an improvement."""

    @property
    def tolerance(self) -> float:
        """The largest worsening that a guardrail lets pass, in the metric's unit."""

    @property
    def measure(self) -> str:
        """Either "share" (of 1, shown in %) or a unit such as "ms"."""

    def prepare(self, log: pd.DataFrame, /) -> pd.DataFrame:
        """The log with `column` in it."""

    def problem(self, groups: Groups, terms: Terms, /) -> ExperimentError | None:
        """What stops this metric from being computed on these groups, if anything."""

    def compare(
        self, control: pd.DataFrame, treatment: pd.DataFrame, terms: Terms, /
    ) -> Comparison:
        """Treatment against control."""


@dataclass(frozen=True)
class Ratio:
    """A total per row of the log, with users as the unit: sum of `column` / number of rows."""

    column: str
    higher_is_better: bool = True
    tolerance: float = 0.0
    measure: str = ""

    @property
    def name(self) -> str:
        """What the result table calls it."""
        return f"{self.column} per visit"

    def prepare(self, log: pd.DataFrame) -> pd.DataFrame:
        """The log as it is: the column has to be there."""
        return log

    def problem(self, groups: Groups, _terms: Terms) -> ExperimentError | None:
        """`NoVariation` where every row holds the same value."""
        return _constant(self.column, groups)

    def compare(self, control: pd.DataFrame, treatment: pd.DataFrame, terms: Terms) -> Comparison:
        """Ratio of sums over users by the delta method."""
        return _compare_ratios(self.column, control, treatment, terms)


@dataclass(frozen=True)
class Mean:
    """A total per user: `column` added up over each user's rows, then the mean over users.

    Unlike `Ratio` it also rises where users come more often. With a `covariate`, a column that
    holds one number per user from before the test, CUPED takes out what that explains.
    """

    column: str
    covariate: str | None = None
    higher_is_better: bool = True
    tolerance: float = 0.0
    measure: str = ""

    @property
    def name(self) -> str:
        """What the result table calls it."""
        return f"{self.column} per user"

    def prepare(self, log: pd.DataFrame) -> pd.DataFrame:
        """The log as it is: the column has to be there."""
        return log

    def problem(self, groups: Groups, terms: Terms) -> ExperimentError | None:
        """`BadCovariate`, or `NoVariation` where all users have the same total."""
        rows = pd.concat(groups.values())
        if self.covariate is not None:
            if self.covariate not in rows:
                return MissingColumns(f"no column {self.covariate}, the covariate")
            past = rows.groupby(terms.unit)[self.covariate].nunique(dropna=False)
            bad = int((past > 1).sum() + rows[self.covariate].isna().any())
            if bad or rows[self.covariate].nunique() < 2:
                return BadCovariate(
                    f"`{self.covariate}` is missing, changes within a user, or never varies"
                )
        totals = rows.groupby(terms.unit)[self.column].sum()
        if (totals != totals.iloc[0]).any():
            return None
        return NoVariation(f"`{self.column}` adds up to {totals.iloc[0]:g} for every user")

    def compare(self, control: pd.DataFrame, treatment: pd.DataFrame, terms: Terms) -> Comparison:
        """Welch's test of users' totals, after CUPED where there is a covariate."""
        users = [group.groupby(terms.unit) for group in (control, treatment)]
        totals = [group[self.column].sum() for group in users]
        if self.covariate is None:
            return compare_means(Sample.of(totals[0]), Sample.of(totals[1]), terms.alpha)
        past = [group[self.covariate].first() for group in users]
        seen = cuped_test((totals[0], past[0]), (totals[1], past[1]), terms.alpha)
        method = f"mean per user, CUPED by {self.covariate}, Welch's t"
        return compare_means(seen.control, seen.treatment, terms.alpha, method)


@dataclass(frozen=True)
class Proportion:
    """A share of successes: `column` is 0 or 1 on every row.

    With one visit a user it is a proportion of users; with repeat visits it is a ratio metric
    (successes per visit, users as the unit), and the result's `method` says which it was.
    """

    column: str
    higher_is_better: bool = True
    tolerance: float = 0.0
    measure: ClassVar[str] = "share"

    @property
    def name(self) -> str:
        """What the result table calls it."""
        return f"{self.column} rate"

    def prepare(self, log: pd.DataFrame) -> pd.DataFrame:
        """The log as it is: the column has to be there."""
        return log

    def problem(self, groups: Groups, _terms: Terms) -> ExperimentError | None:
        """`BadOutcome` for values other than 0 and 1, `NoVariation` where all are the same."""
        values = pd.concat([group[self.column] for group in groups.values()])
        bad = values[~values.isin([0, 1])]
        if len(bad):
            return BadOutcome(
                f"{len(bad):,} of {len(values):,} values in `{self.column}` are neither 0 nor 1, "
                f"the first is {bad.tolist()[0]!r}"
            )
        return _constant(self.column, groups)

    def compare(self, control: pd.DataFrame, treatment: pd.DataFrame, terms: Terms) -> Comparison:
        """Newcombe with z or Fisher for one row a user, else the delta method."""
        if control[terms.unit].is_unique and treatment[terms.unit].is_unique:
            counts = (_successes(group[self.column]) for group in (control, treatment))
            (x_control, n_control), (x_treatment, n_treatment) = counts
            return compare_proportions(x_control, n_control, x_treatment, n_treatment, terms.alpha)
        return _compare_ratios(self.column, control, treatment, terms)


@dataclass(frozen=True)
class Rate(Proportion):
    """A share of failures, lower is better; `error` is made from `status` where it is missing."""

    higher_is_better: bool = False

    def prepare(self, log: pd.DataFrame) -> pd.DataFrame:
        """The log with an `error` column: 1 for a status of 400 or more."""
        if self.column in log or self.column != "error" or "status" not in log:
            return log
        return log.assign(error=(log["status"] >= HTTPStatus.BAD_REQUEST).astype(int))

    def problem(self, groups: Groups, terms: Terms) -> ExperimentError | None:
        """`BadOutcome` only: no failures at all is good news, not a missing measurement."""
        found = super().problem(groups, terms)
        return None if isinstance(found, NoVariation) else found


@dataclass(frozen=True)
class Quantile:
    """A quantile of `column` over rows, its interval from resampling users; lower is better."""

    column: str
    q: float
    higher_is_better: bool = False
    tolerance: float = 0.0
    measure: str = "ms"

    @property
    def name(self) -> str:
        """What the result table calls it."""
        return f"p{self.q * 100:g} of {self.column}"

    def prepare(self, log: pd.DataFrame) -> pd.DataFrame:
        """The log as it is: the column has to be there."""
        return log

    def problem(self, groups: Groups, terms: Terms) -> ExperimentError | None:
        """`TooFewForQuantile` where the interval's outer end would lie beyond the data."""
        users = {name: group[terms.unit].nunique() for name, group in groups.items()}
        needed = fewest_for_quantile(self.q, terms.alpha)
        if min(users.values()) >= needed:
            return None
        seen = ", ".join(f"{count:,} in {name}" for name, count in users.items())
        return TooFewForQuantile(f"p{self.q * 100:g} needs {needed} users a variant, seen {seen}")

    def compare(self, control: pd.DataFrame, treatment: pd.DataFrame, terms: Terms) -> Comparison:
        """Bootstrap of users."""
        pairs = [(group[self.column], group[terms.unit]) for group in (control, treatment)]
        return compare_quantiles(pairs[0], pairs[1], self.q, terms.alpha, terms.seed)


def _successes(outcomes: pd.Series[float]) -> tuple[int, int]:
    return int(outcomes.sum()), len(outcomes)


def _constant(column: str, groups: Groups) -> NoVariation | None:
    values = pd.concat([group[column] for group in groups.values()])
    if (values != values.iloc[0]).any():
        return None
    return NoVariation(f"`{column}` is {values.iloc[0]:g} on all {len(values):,} rows")


def _compare_ratios(
    column: str, control: pd.DataFrame, treatment: pd.DataFrame, terms: Terms
) -> Comparison:
    totals = [
        group.groupby(terms.unit)[column].agg(["sum", "count"]) for group in (control, treatment)
    ]
    pairs = [(users["sum"], users["count"]) for users in totals]
    return compare_ratios(pairs[0], pairs[1], terms.alpha)
