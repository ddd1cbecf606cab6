"""The same experiment in parts: by segment, and as it went on over time.

Parts are for understanding, and the decision stays with the whole: of twenty segments one is
significant by chance. What is found in a part is a question for the next experiment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from lab_utils.experiment.always_valid import asymptotic_confidence_sequence
from lab_utils.experiment.errors import BadArgument, ExperimentError, MissingColumns
from lab_utils.experiment.many import holm
from lab_utils.experiment.means import MeanTest, Sample, welch_test
from lab_utils.experiment.metrics import Proportion, Ratio
from lab_utils.experiment.strata import Strata, mantel_haenszel

if TYPE_CHECKING:
    from lab_utils.experiment.analysis import Experiment, Result
    from lab_utils.experiment.checks import GoOn
    from lab_utils.plots import Picture

TUNING_USERS = 2_000
"""Where the always-valid interval is tightest if nothing else was planned."""


@dataclass(frozen=True)
class Segments:
    """The primary metric in each segment.

    Attributes:
        table: one row per segment with enough users, as `Result.table`; `p_adjusted` is Holm's
            over the segments, and `significant` is by that.
        left_out: why each other segment has no row.
        strata: the comparison within segments, for a primary metric of 0 and 1 with one row
            per user; else None.
        whole: all users together, with the primary metric alone.
    """

    table: pd.DataFrame
    left_out: dict[str, str]
    strata: Strata | None
    whole: Result

    @property
    def simpson(self) -> bool:
        """Whether the segments together point the other way than each by itself."""
        return self.strata is not None and self.strata.simpson

    def plot(self) -> Picture:
        """`plots.segments`: both variants in each segment, and all together."""
        from lab_utils import plots

        return plots.segments(self)


@dataclass(frozen=True)
class OverTime:
    """The primary metric as the data came in.

    Attributes:
        table: one row per period that has enough users by its end: `period` (its start),
            `n_control`, `n_treatment`, `difference` of all data so far, its fixed-look interval
            `ci_low`, `ci_high`, and the always-valid `valid_low`, `valid_high`. Only the latter
            may be looked at until one likes it.
        novelty: the change of the difference from users' visits in the first half of the
            periods to those in the second; None where a half has too few users, and for metrics
            other than `Proportion`, `Rate` and `Ratio`.
        experiment: the plan, with nothing to guard.
    """

    table: pd.DataFrame
    novelty: MeanTest | None
    experiment: Experiment

    def plot(self) -> Picture:
        """`plots.cumulative`: every look so far, by the plain and the always-valid interval."""
        from lab_utils import plots

        return plots.cumulative(self)


def segments(experiment: Experiment, log: pd.DataFrame, by: str, **go_on: Unpack[GoOn]) -> Segments:
    """The primary metric by segment, adjusted for how many there are, and Simpson's paradox.

    Args:
        experiment: the plan; its alpha is over all segments together.
        log: as for `Experiment.analyze`, with the column `by`.
        by: what users differ in since before the test, such as their device; a user belongs to
            the segment of the first row.
        **go_on: as for `Experiment.analyze`.

    Raises:
        MissingColumns: the log has no column `by`.
        ExperimentError: what stops the analysis of the whole.
    """
    if by not in log:
        raise MissingColumns(f"no column {by} to divide users by")
    log, experiment = _fit(experiment, log, go_on)
    names = log.groupby(experiment.unit)[by].transform("first")
    rows, left_out = [], {}
    for name in sorted(names.dropna().unique(), key=str):
        try:
            found = experiment.analyze(log[names == name], **go_on)
        except ExperimentError as error:
            left_out[str(name)] = f"{type(error).__name__}: {error.observed}"
            continue
        rows.append({"segment": name, **found.table.iloc[0].to_dict()})
    table = pd.DataFrame(rows)
    if rows:
        # a p-value that could not be computed is no evidence
        adjusted = holm(table["p_value"].fillna(1.0), experiment.alpha)
        table["p_adjusted"] = adjusted.p_values
        table["significant"] = adjusted.rejected
    whole = experiment.analyze(log, **go_on)
    return Segments(table, left_out, _strata(experiment, log, names), whole)


def over_time(
    experiment: Experiment,
    log: pd.DataFrame,
    freq: str = "1D",
    tuning_users: int = TUNING_USERS,
    **go_on: Unpack[GoOn],
) -> OverTime:
    """The primary metric after each period, with an interval that stands any peeking.

    The always-valid interval (Waudby-Smith et al. 2024) assumes that an estimate changes as
    users come; visits of the same users add to it later, so with repeat visits take it as
    nearly valid.

    Args:
        experiment: the plan.
        log: as for `Experiment.analyze`, with `timestamp`.
        freq: the period, a pandas offset such as "1D" or "6h".
        tuning_users: users of both groups at which the interval is to be tightest, such as the
            number planned. Fixed before the test: chosen by the data, it is valid no longer.
        **go_on: as for `Experiment.analyze`.

    Raises:
        MissingColumns: the log has no `timestamp`.
        BadArgument: `freq` is no period.
        ExperimentError: what stops the analysis of the whole.
    """
    if "timestamp" not in log:
        raise MissingColumns("no column timestamp to go by")
    log, experiment = _fit(experiment, log, go_on)
    try:
        period = log["timestamp"].dt.floor(freq)
    except ValueError as error:
        raise BadArgument(f"freq is {freq!r}", 'give a period such as "1D" or "6h"') from error
    starts = sorted(period.unique())
    rows = [
        _so_far(experiment, log[period <= start], start, tuning_users, go_on) for start in starts
    ]
    late = period > starts[(len(starts) - 1) // 2]
    table = pd.DataFrame([row for row in rows if row])
    return OverTime(table, _novelty(experiment, log, late), experiment)


def _fit(experiment: Experiment, log: pd.DataFrame, go_on: GoOn) -> tuple[pd.DataFrame, Experiment]:
    """The rows that the analysis of the whole would use, and the plan with nothing to guard."""
    alone = replace(experiment, guardrails=())
    return alone.rows(log, **go_on), alone


def _so_far(
    experiment: Experiment, log: pd.DataFrame, period: pd.Timestamp, tuning_users: int, go_on: GoOn
) -> dict[str, object]:
    """One row of the table; empty where there is too little data yet."""
    try:
        seen = experiment.analyze(log, **go_on).primary.comparison
    except ExperimentError:
        return {}
    if not seen.std_error > 0:
        return {}
    valid = asymptotic_confidence_sequence(
        seen.difference,
        seen.std_error,
        seen.n_control + seen.n_treatment,
        tuning_users,
        experiment.alpha,
    )
    return {
        "period": period,
        "n_control": seen.n_control,
        "n_treatment": seen.n_treatment,
        "difference": seen.difference,
        "ci_low": seen.interval[0],
        "ci_high": seen.interval[1],
        "valid_low": valid.interval[0],
        "valid_high": valid.interval[1],
    }


def _novelty(experiment: Experiment, log: pd.DataFrame, late: pd.Series[bool]) -> MeanTest | None:
    """The difference among late visits minus that among early ones.

    Users are the unit, as a user's early and late visits resemble each other: each adds what
    the delta method's linear form makes of both halves.
    """
    if not isinstance(experiment.primary, Ratio | Proportion):
        return None
    changes = []
    for variant in (experiment.control, experiment.treatment):
        mine = log["variant"] == variant
        change = _change(log[mine], late[mine], experiment.unit, experiment.primary.column)
        if change is None:
            return None
        changes.append(change)
    control, treatment = changes
    if not control.variance + treatment.variance > 0:
        return None
    return welch_test(control, treatment, experiment.alpha)


def _change(log: pd.DataFrame, late: pd.Series[bool], unit: str, column: str) -> Sample | None:
    """The mean per visit, late minus early, as the mean of one number per user."""
    users = log[unit].nunique()
    change, total = np.zeros(users), 0.0
    for half, sign in ((~late, -1.0), (late, 1.0)):
        rows = log[half]
        if rows[unit].nunique() < 2:
            return None
        sums = rows.groupby(unit)[column].agg(["sum", "count"]).reindex(log[unit].unique())
        sums = sums.fillna(0.0)
        ratio = sums["sum"].sum() / sums["count"].sum()
        residual = sums["sum"] - ratio * sums["count"]
        change += sign * residual.to_numpy() / sums["count"].mean()
        total += sign * ratio
    return Sample.of(change + total)


def _strata(experiment: Experiment, log: pd.DataFrame, names: pd.Series[str]) -> Strata | None:
    """Within segments, where users have one outcome of 0 or 1 each."""
    column = experiment.primary.column
    rows = log.assign(_segment=names).dropna(subset=["_segment", column])
    if rows[experiment.unit].duplicated().any() or not rows[column].isin([0, 1]).all():
        return None
    tables = {
        str(name): [
            [int((outcomes == won).sum()) for won in (1, 0)]
            for variant in (experiment.treatment, experiment.control)
            for outcomes in (group.loc[group["variant"] == variant, column],)
        ]
        for name, group in rows.groupby("_segment")
    }
    try:
        return mantel_haenszel(tables, experiment.alpha)
    except BadArgument:
        return None
