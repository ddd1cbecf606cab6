"""Is this data fit to decide on? Every reason why not has a name.

The checks run in order and each hands the visits it leaves to the next one. What would falsify
the verdict is an `ExperimentError`; what a reader only has to know is a warning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import (
    TYPE_CHECKING,
    Generic,
    Literal,
    TypedDict,
    TypeVar,
    get_args,
    get_type_hints,
)

import pandas as pd

from lab_utils.experiment import errors, wording
from lab_utils.experiment.arguments import one_of
from lab_utils.experiment.metrics import Metric, Terms
from lab_utils.experiment.sample_ratio import SampleRatio, sample_ratio
from lab_utils.experiment.visits import Visits

if TYPE_CHECKING:
    from lab_utils.plots import Picture

OUTAGE = 0.2
"""The share of a variant's requests that failed or were answered by another variant, above which
the variant was down rather than bad."""

FEWEST_USERS = 30
"""Users a variant below which the approximations used here are not to be trusted."""


class GoOn(TypedDict, total=False):
    """Options to go on knowingly where a check would stop; each defaults to stopping."""

    on_duplicate: Literal["raise", "first"]
    on_unknown: Literal["raise", "exclude"]
    on_mixed: Literal["raise", "exclude", "first"]
    on_missing: Literal["raise", "exclude", "zero"]
    on_unit: Literal["raise", "warn"]
    on_few: Literal["raise", "warn"]
    on_srm: Literal["raise", "warn"]
    on_outage: Literal["raise", "warn"]


@dataclass(frozen=True)
class VariantCount:
    """One variant's planned share and what was seen of it."""

    variant: str
    planned: float
    users: int
    requests: int


@dataclass(frozen=True)
class Check:
    """What a log looks like before anyone looks at the outcome.

    Attributes:
        variants: counts per variant, in the plan's order.
        sample_ratio: the test of users seen against the planned split; None without users.
        problems: what stops the analysis, in the order found.
        warnings: what a reader has to know although the analysis goes on.
    """

    variants: tuple[VariantCount, ...]
    sample_ratio: SampleRatio | None
    problems: tuple[errors.ExperimentError, ...]
    warnings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing stops the analysis."""
        return not self.problems

    @property
    def split_sentence(self) -> str:
        """Whether the users seen fit the plan, in words."""
        if self.sample_ratio is None:
            return "Users of both variants are needed to check the split."
        fits = "does not fit" if self.sample_ratio.mismatch else "fits"
        return f"The split {fits} the plan ({wording.p_value(self.sample_ratio.p_value)})."

    @property
    def table(self) -> pd.DataFrame:
        """Counts per variant: `planned` and `seen` shares of users, `users`, `requests`."""
        table = pd.DataFrame([vars(count) for count in self.variants]).set_index("variant")
        table.insert(1, "seen", table["users"] / max(1, table["users"].sum()))
        return table

    def plot(self) -> Picture:
        """`plots.split`: users planned and seen per variant, with what chance allows."""
        from lab_utils import plots

        return plots.split(self)


Left = TypeVar("Left", bound=Visits)


@dataclass
class Inspection(Generic[Left]):
    """The visits that are left, and what was found on the way to them."""

    visits: Left
    plan: Mapping[str, float]
    terms: Terms
    metrics: Sequence[Metric]
    go_on: GoOn
    problems: list[errors.ExperimentError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    sample_ratio: SampleRatio | None = None

    def run(self) -> Check:
        """Every check, then the counts; `BadArgument` for an option that is none."""
        known = get_type_hints(GoOn)
        for option, choice in self.go_on.items():
            one_of("an option to go on", option, list(known))
            one_of(option, choice, get_args(known[option]))
        if not self._columns():
            return Check((), None, tuple(self.problems), tuple(self.warnings))
        self._timestamps()
        self._duplicates()
        self._without_unit_or_variant()
        self._unknown_variants()
        self._outage()
        self._stand_ins()
        self._mixed_assignment()
        self._unit_mismatch()
        if self._every_variant_served():
            self._few_users()
            self._sample_ratio()
            if self._numbers():
                self._missing_values()
                self._metrics()
        return Check(self._counts(), self.sample_ratio, tuple(self.problems), tuple(self.warnings))

    def groups(self) -> dict[str, Left]:
        """The visits of each variant, in the plan's order."""
        return {name: self.visits.only([name]) for name in self.plan}

    def _found(self, error: errors.ExperimentError, choice: str = "raise") -> None:
        if choice == "raise":
            self.problems.append(error)
        else:
            self.warnings.append(f"{type(error).__name__}: {error.observed}; went on: {choice!r}")

    def _columns(self) -> bool:
        needed = [self.terms.unit, "variant", *(metric.column for metric in self.metrics)]
        have = list(self.visits.columns)
        missing = [name for name in dict.fromkeys(needed) if have.count(name) != 1]
        if missing:
            what = "two columns" if missing[0] in have else "no column"
            found = f"{what} {', '.join(missing)}; it has {', '.join(have)}"
            self._found(errors.MissingColumns(found))
        return not missing

    def _timestamps(self) -> None:
        if found := self.visits.time_problem():
            self._found(errors.BadTimestamps(found))
            return
        ordered = self.visits.in_order()
        if ordered is not self.visits:
            self.warnings.append("rows are not in the order of their times; sorted by time")
            self.visits = ordered

    def _duplicates(self) -> None:
        if again := self.visits.duplicates:
            found = f"{again:,} rows repeat the request_id of an earlier one"
            self._found(errors.DuplicateRequests(found), self.go_on.get("on_duplicate", "raise"))
            self.visits = self.visits.distinct()

    def _without_unit_or_variant(self) -> None:
        for column, what in ((self.terms.unit, f"no {self.terms.unit}"), ("variant", "no variant")):
            known = self.visits.known(column)
            if empty := self.visits.visits - known.visits:
                self.warnings.append(f"{empty:,} requests have {what} and are left out")
                self.visits = known

    def _unknown_variants(self) -> None:
        counts = self.visits.per_variant()
        counts = counts[~counts.index.isin(list(self.plan))]
        if counts.empty:
            return
        named = [f"{str(name)[:40]!r} on {count:,} rows" for name, count in counts.head(5).items()]
        others = [f"{len(counts) - 5:,} more"] if len(counts) > 5 else []
        seen = ", ".join(named + others)
        found = f"the plan has {', '.join(map(repr, self.plan))}; the log also has {seen}"
        self._found(errors.UnknownVariant(found), self.go_on.get("on_unknown", "raise"))
        self.visits = self.visits.only(list(self.plan))

    def _outage(self) -> None:
        """A variant that was down cannot be judged, and nor can the other one beside it."""
        counts = self.visits.away()
        down = counts[counts["sum"] > OUTAGE * counts["size"]]
        if not down.empty:
            found = f"requests that failed, or that another variant answered: {_shares(down)}"
            self._found(errors.Outage(found), self.go_on.get("on_outage", "raise"))

    def _stand_ins(self) -> None:
        """A user may have met another variant than the one the rows count for."""
        groups = self.visits.stood_in()
        if not groups.empty:
            seen = ", ".join(f"{count:,} of {name}'s" for name, count in groups.items())
            self.warnings.append(
                f"{seen} requests were answered by another variant, as theirs was down; compared "
                "is what users were assigned to, and the variants look more alike than they are"
            )

    def _mixed_assignment(self) -> None:
        if not (mixed := self.visits.mixed_users()):
            return
        choice = self.go_on.get("on_mixed", "raise")
        found = f"{mixed:,} of {self.visits.users:,} users were served by more than one variant"
        self._found(errors.MixedAssignment(found), choice)
        first = choice == "first"
        self.visits = self.visits.first_met() if first else self.visits.without_mixed()

    def _unit_mismatch(self) -> None:
        if finer := self.visits.finer_than_users:
            users, units = finer
            found = f"unit={self.terms.unit!r} has {units:,} values for only {users:,} users"
            self._found(errors.UnitMismatch(found), self.go_on.get("on_unit", "raise"))

    def _every_variant_served(self) -> bool:
        empty = [name for name, group in self.groups().items() if not group.visits]
        if empty:
            found = (
                f"no rows for variant {', '.join(map(repr, empty))} in {self.visits.visits:,} rows"
            )
            self._found(errors.EmptyVariant(found))
        return not empty

    def _few_users(self) -> None:
        counts = self._counts()
        if min(count.users for count in counts) < FEWEST_USERS:
            seen = ", ".join(f"{count.users:,} in {count.variant}" for count in counts)
            found = f"seen {seen}; {FEWEST_USERS} a variant are needed"
            # of one user nobody can say how users differ
            alone = min(count.users for count in counts) < 2
            choice = "raise" if alone else self.go_on.get("on_few", "raise")
            self._found(errors.TooFewUnits(found), choice)

    def _sample_ratio(self) -> None:
        counts = self._counts()
        self.sample_ratio = sample_ratio([c.users for c in counts], [c.planned for c in counts])
        if self.sample_ratio.mismatch:
            total = sum(count.users for count in counts)
            seen = ", ".join(
                f"{c.users:,} in {c.variant} ({c.users / total:.1%}, planned {c.planned:.1%})"
                for c in counts
            )
            found = f"users {seen}; by chance p = {self.sample_ratio.p_value:.2g}"
            self._found(errors.SampleRatioMismatch(found), self.go_on.get("on_srm", "raise"))

    def _numbers(self) -> bool:
        columns = dict.fromkeys(metric.column for metric in self.metrics)
        unusable = [found for name in columns if (found := self.visits.unusable(name))]
        for found in unusable:
            self._found(errors.BadOutcome(found))
        return not unusable

    def _missing_values(self) -> None:
        choice = self.go_on.get("on_missing", "raise")
        for column in dict.fromkeys(metric.column for metric in self.metrics):
            counts = self.visits.missing(column)
            if counts is None:
                continue
            found = f"`{column}` is missing on {_shares(counts)}"
            self._found(errors.MissingOutcome(found), choice)
            # silence may be taken for no success, never for no time taken
            zero = choice == "zero" and column == self.metrics[0].column
            self.visits = self.visits.filled(column) if zero else self.visits.reported(column)

    def _metrics(self) -> None:
        if not self._every_variant_served():
            return
        groups = self.groups()
        found = [metric.problem(groups, self.terms) for metric in self.metrics]
        self.problems.extend(problem for problem in found if problem is not None)

    def _counts(self) -> tuple[VariantCount, ...]:
        return tuple(
            VariantCount(name, self.plan[name], group.users, group.visits)
            for name, group in self.groups().items()
        )


def _shares(counts: pd.DataFrame) -> str:
    """How many of all, by variant."""
    by_variant = counts.iterrows()
    return ", ".join(f"{row['sum']:,} of {row['size']:,} in {name}" for name, row in by_variant)
