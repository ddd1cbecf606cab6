"""The effect by how long users have known the variant: what wears off, and what stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from lab_utils.experiment.errors import BadArgument, ExperimentError, MissingColumns

if TYPE_CHECKING:
    from lab_utils.experiment.analysis import Experiment
    from lab_utils.experiment.checks import GoOn
    from lab_utils.plots import Picture


@dataclass(frozen=True)
class ByExposure:
    """The primary metric among visits of the same age.

    Attributes:
        table: one row per age that enough users have reached: `since` and `until` (time since a
            user's first visit), `n_control`, `n_treatment`, `difference` of these visits alone,
            `ci_low`, `ci_high`.
        left_out: why each other age has no row.
        experiment: the plan, with nothing to guard.
    """

    table: pd.DataFrame
    left_out: dict[str, str]
    experiment: Experiment

    def plot(self) -> Picture:
        """`plots.exposure`: the difference over the time since a user's first visit."""
        from lab_utils import plots

        return plots.exposure(self)


def by_exposure(
    experiment: Experiment, log: pd.DataFrame, freq: str = "1D", **go_on: Unpack[GoOn]
) -> ByExposure:
    """The primary metric by time since each user's first visit.

    A novelty wears off user by user, so calendar days mix users who know it with users who do
    not. Rows share users: read their course, and compare no two of them by their intervals (see
    `OverTime.novelty`). Whoever stays away is missing from later rows: where the treatment
    decides who comes back, they compare unlike users.

    Args:
        experiment: the plan.
        log: as for `Experiment.analyze`, with `timestamp`; all of it, from the first visit on.
        freq: the width of an age, such as "1D" or "12h".
        **go_on: as for `Experiment.analyze`.

    Raises:
        MissingColumns: the log has no `timestamp`.
        BadArgument: `freq` is no length of time.
        ExperimentError: what stops the analysis of the whole.
    """
    if "timestamp" not in log:
        raise MissingColumns("no column timestamp to go by")
    try:
        width = pd.Timedelta(freq)
    except ValueError as error:
        raise BadArgument(f"freq is {freq!r}", 'give a length such as "1D" or "12h"') from error
    if not width > pd.Timedelta(0):
        raise BadArgument(f"freq is {freq!r}", "give a length of time above 0")
    alone = replace(experiment, guardrails=())
    log = alone.rows(log, **go_on)
    first = log.groupby(experiment.unit)["timestamp"].transform("min")
    age = (log["timestamp"] - first).dt.total_seconds() // width.total_seconds()
    # who comes back is for each variant to decide: the split was asked of the whole
    later: GoOn = {**go_on, "on_srm": "warn"}
    rows, left_out = [], {}
    for number in sorted(age.unique()):
        try:
            found = alone.analyze(log[age == number], **later)
        except ExperimentError as error:
            left_out[str(number * width)] = f"{type(error).__name__}: {error.observed}"
            continue
        seen = found.primary.comparison
        rows.append(
            {
                "since": number * width,
                "until": (number + 1) * width,
                "n_control": seen.n_control,
                "n_treatment": seen.n_treatment,
                "difference": seen.difference,
                "ci_low": seen.interval[0],
                "ci_high": seen.interval[1],
            }
        )
    return ByExposure(pd.DataFrame(rows), left_out, alone)
