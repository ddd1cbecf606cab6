"""What is measured: each metric names its columns and compares two groups of users.

To add one, write a frozen dataclass with the members of `Metric`; nothing else has to change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Protocol

import numpy as np
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
from lab_utils.experiment.tail import MOST_TO_RESAMPLE, compare_tails
from lab_utils.experiment.visits import Visits

Groups = Mapping[str, Visits]
"""The visits of each variant."""


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
        """The largest worsening that does not matter, in the metric's unit.

        What a guardrail lets pass; for a primary metric, the margin of non-inferiority.
        """

    @property
    def measure(self) -> str:
        """Either "share" (of 1, shown in %) or a unit such as "ms"."""

    def prepare(self, log: pd.DataFrame, /) -> pd.DataFrame:
        """The log with `column` in it."""

    def problem(self, groups: Groups, terms: Terms, /) -> ExperimentError | None:
        """What stops this metric from being computed on these groups, if anything."""

    def compare(self, control: Visits, treatment: Visits, terms: Terms, /) -> Comparison:
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

    def compare(self, control: Visits, treatment: Visits, terms: Terms) -> Comparison:
        """Ratio of sums over users by the delta method."""
        return _compare_ratios(self.column, control, treatment, terms.alpha)


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

    def problem(self, groups: Groups, _terms: Terms) -> ExperimentError | None:
        """`BadCovariate`, or `NoVariation` where all users have the same total."""
        if self.covariate is not None:
            past = [group.once(self.covariate) for group in groups.values()]
            users = [each for each in past if each is not None]
            if not users:
                return MissingColumns(f"no column {self.covariate}, the covariate")
            if not _one_known_value(pd.concat(users)):
                return BadCovariate(
                    f"`{self.covariate}` is missing, no number, changes within a user, or never "
                    "varies"
                )
        totals = np.concatenate([group.totals(self.column)[0] for group in groups.values()])
        if (totals != totals[0]).any():
            return None
        return NoVariation(f"`{self.column}` adds up to {totals[0]:g} for every user")

    def compare(self, control: Visits, treatment: Visits, terms: Terms) -> Comparison:
        """Welch's test of users' totals, after CUPED where there is a covariate."""
        totals = [group.totals(self.column)[0] for group in (control, treatment)]
        if self.covariate is None:
            return compare_means(Sample.of(totals[0]), Sample.of(totals[1]), terms.alpha)
        past = [group.once(self.covariate) for group in (control, treatment)]
        pairs = [(y, x["first"]) for y, x in zip(totals, past, strict=True) if x is not None]
        seen = cuped_test(pairs[0], pairs[1], terms.alpha)
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
        counts = [group.not_binary(self.column) for group in groups.values()]
        if bad := sum(count for count, _ in counts):
            visits = sum(group.visits for group in groups.values())
            lowest = min(value for count, value in counts if count)
            return BadOutcome(
                f"{bad:,} of {visits:,} values in `{self.column}` are neither 0 nor 1, "
                f"the lowest is {lowest:g}"
            )
        return _constant(self.column, groups)

    def compare(self, control: Visits, treatment: Visits, terms: Terms) -> Comparison:
        """Newcombe with z or Fisher for one visit a user, else the delta method."""
        if any(group.visits > group.users for group in (control, treatment)):
            return _compare_ratios(self.column, control, treatment, terms.alpha)
        won = [int(group.totals(self.column)[0].sum()) for group in (control, treatment)]
        return compare_proportions(won[0], control.users, won[1], treatment.users, terms.alpha)


@dataclass(frozen=True)
class Rate(Proportion):
    """A share of failures, lower is better; `error` is made from `status` where it is missing."""

    higher_is_better: bool = False

    def prepare(self, log: pd.DataFrame) -> pd.DataFrame:
        """The log with an `error` column: 1 for a status of 400 or more."""
        if self.column in log or self.column != "error" or "status" not in log:
            return log
        if not pd.api.types.is_numeric_dtype(log["status"]):
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
        users = {name: group.users for name, group in groups.items()}
        needed = fewest_for_quantile(self.q, terms.alpha)
        if min(users.values()) >= needed:
            return None
        seen = ", ".join(f"{count:,} in {name}" for name, count in users.items())
        return TooFewForQuantile(f"p{self.q * 100:g} needs {needed} users a variant, seen {seen}")

    def compare(self, control: Visits, treatment: Visits, terms: Terms) -> Comparison:
        """Bootstrap of users; of very many visits the delta method."""
        old, new = control.tail(self.column), treatment.tail(self.column)
        if old.visits.sum() + new.visits.sum() > MOST_TO_RESAMPLE:
            return compare_tails(old, new, self.q, terms.alpha)
        pairs = [(group.listed, group.users) for group in (old, new)]
        return compare_quantiles(pairs[0], pairs[1], self.q, terms.alpha, terms.seed)


def _one_known_value(users: pd.DataFrame) -> bool:
    """Whether each user has one number, and not all the same."""
    if not pd.api.types.is_numeric_dtype(users["first"]):
        return False
    known = np.isfinite(users["first"].astype(float)).all() and (users["nunique"] == 1).all()
    return bool(known and (users["first"] != users["first"].iloc[0]).any())


def _constant(column: str, groups: Groups) -> NoVariation | None:
    ends = {end for group in groups.values() for end in group.spread(column)}
    if len(ends) > 1:
        return None
    visits = sum(group.visits for group in groups.values())
    return NoVariation(f"`{column}` is {ends.pop():g} on all {visits:,} rows")


def _compare_ratios(column: str, control: Visits, treatment: Visits, alpha: float) -> Comparison:
    return compare_ratios(control.totals(column), treatment.totals(column), alpha)
