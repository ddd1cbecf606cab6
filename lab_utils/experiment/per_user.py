"""A log reduced to sums per user: what is asked of it, answered without its visits.

For logs too large for a table with one row per visit; `lab_utils.events.per_user` makes one while
reading. What is kept is enough for every check and for metrics of its three columns.
"""

# ruff: noqa: D102, ARG002 -- `Visits` says what each member answers, and asks for

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab_utils.experiment.arguments import Array
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.tail import Tail

COLUMNS = (
    *("request_id", "timestamp", "user_id", "variant", "failover"),
    *("latency_ms", "status", "outcome", "error"),
)
"""What was known of a visit before it went into the sums."""

NOBODY = -1
"""Stands for users in visits without one."""

_FROM_ROWS = "analyse rows instead: events.read(...).visits()"


@dataclass(frozen=True)
class PerUser:
    """The visits of a log, summed up by user and variant.

    Args:
        table: one row per user, variant and silence, sorted by user: `user` (numbered in the order
            of their names; `NOBODY` for visits without one), `variant`, `silent` (whether these
            visits have no outcome), `visits`, `first` (when the first one was, in any unit that
            sorts), `away` (visits that failed at a server or were answered by another variant),
            `stood_in` (the latter alone), `error` (visits with status 400 or more), `outcome` and
            `latency_ms` (the sums), for both `…_low` and `…_high` (the ends; NaN where there are
            none; of latencies also where not all were kept), `outcome_not_binary` (how many are
            neither 0 nor 1), `outcome_not_binary_low`, and `listed` (how many of the visits'
            latencies are in `latencies`).
        latencies: shape (listed,), ms, in the order of the rows of `table`: of all visits, or
            only of those from some latency up, which the quantile must not be below.
        duplicates: visits left out of all this as they repeat the request of an earlier one.
        unreadable_times: how many visits have a time that cannot be read.
        disordered: whether the log was not in the order of its times; False also where its order
            was not looked at, as no sum depends on it.
    """

    table: pd.DataFrame
    latencies: Array
    duplicates: int = 0
    unreadable_times: int = 0
    disordered: bool = False

    @property
    def columns(self) -> Sequence[str]:
        return COLUMNS

    @cached_property
    def visits(self) -> int:
        return int(self.table["visits"].sum())

    @cached_property
    def users(self) -> int:
        return int(self.table["user"].nunique())

    @property
    def finer_than_users(self) -> tuple[int, int] | None:
        return None

    def time_problem(self) -> str | None:
        if not self.unreadable_times:
            return None
        times = self.visits + self.duplicates
        return f"{self.unreadable_times:,} of {times:,} times are unreadable (NaT)"

    def in_order(self) -> PerUser:
        return replace(self, disordered=False) if self.disordered else self

    def distinct(self) -> PerUser:
        return replace(self, duplicates=0)

    def known(self, column: str) -> PerUser:
        unit = column != "variant"
        return self._kept(self.table["user"] != NOBODY if unit else self.table["variant"].notna())

    def per_variant(self) -> pd.Series[int]:
        return self._by_variant("visits")

    def only(self, variants: Collection[str]) -> PerUser:
        return self._kept(self.table["variant"].isin(list(variants)))

    def unusable(self, column: str) -> str | None:
        return None  # reading made numbers of it

    def away(self) -> pd.DataFrame:
        counts = self.table.groupby("variant", observed=True)[["away", "visits"]].sum()
        return counts.set_axis(["sum", "size"], axis=1)

    def stood_in(self) -> pd.Series[int]:
        counts = self._by_variant("stood_in")
        return counts[counts > 0]

    def mixed_users(self) -> int:
        return int(self.table.loc[self._mixed, "user"].nunique())

    def without_mixed(self) -> PerUser:
        return self._kept(~self._mixed)

    def first_met(self) -> PerUser:
        met = self.table.sort_values(["user", "first"], kind="stable")
        first = met.groupby("user")["variant"].first()
        variants = self.table["variant"].astype(str)
        return self._kept(variants == self.table["user"].map(first).astype(str))

    @cached_property
    def _mixed(self) -> pd.Series[bool]:
        pairs = self.table[["user", "variant"]].drop_duplicates()["user"]
        return self.table["user"].isin(pairs[pairs.duplicated()])

    def missing(self, column: str) -> pd.DataFrame | None:
        silent = self.table["silent"]
        if column != "outcome" or not silent.any():
            return None
        counts = self.table.assign(sum=self.table["visits"].where(silent, 0))
        counts = counts.groupby("variant", observed=True)[["sum", "visits"]].sum()
        return counts.set_axis(["sum", "size"], axis=1)

    def filled(self, column: str) -> PerUser:
        silent = self.table["silent"]
        table = self.table.assign(silent=False)
        table.loc[silent, ["outcome", "outcome_low", "outcome_high"]] = 0.0
        return replace(self, table=table)

    def reported(self, column: str) -> PerUser:
        return self._kept(~self.table["silent"])

    def totals(self, column: str) -> tuple[Array, Array]:
        self._demand_sums(column)
        return self._summed(column), self._summed("visits")

    def tail(self, column: str) -> Tail:
        if column != "latency_ms":
            raise BadArgument(f"a quantile of {column} is asked of sums per user", _FROM_ROWS)
        users = np.repeat(self._numbered, self.table["listed"])
        return Tail(self.latencies, users, self._summed("visits"))

    def spread(self, column: str) -> tuple[float, float]:
        if column == "error":
            failed, visits = self.table["error"].sum(), self.visits
            return float(failed == visits), float(failed > 0)
        self._demand_sums(column)
        low, high = f"{column}_low", f"{column}_high"
        return float(self.table[low].min()), float(self.table[high].max())

    def not_binary(self, column: str) -> tuple[int, float]:
        if column == "latency_ms":
            raise BadArgument("a share of latencies is asked of sums per user", _FROM_ROWS)
        if column == "error":
            return 0, np.nan
        low = self.table["outcome_not_binary_low"].min()
        return int(self.table["outcome_not_binary"].sum()), float(low)

    def once(self, column: str) -> pd.DataFrame | None:
        return None

    @cached_property
    def _numbered(self) -> NDArray[np.int64]:
        """The user of each row of the table, numbered anew without gaps."""
        users = self.table["user"].to_numpy()
        return np.concatenate([[0], np.cumsum(users[1:] != users[:-1])])

    def _demand_sums(self, column: str) -> None:
        if self.table[column].isna().any():
            found = f"sums of {column} are asked of a log of which the slowest visits were kept"
            raise BadArgument(found, "keep all: events.per_user(path, quantile=0)")

    def _summed(self, column: str) -> Array:
        return np.bincount(self._numbered, weights=self.table[column]).astype(float)

    def _by_variant(self, column: str) -> pd.Series[int]:
        counts = self.table.groupby("variant", observed=True)[column].sum().sort_index()
        return counts.sort_values(ascending=False, kind="stable")

    def _kept(self, rows: pd.Series[bool]) -> PerUser:
        if rows.all():
            return self
        kept = np.repeat(rows.to_numpy(), self.table["listed"])
        return replace(self, table=self.table[rows], latencies=self.latencies[kept])
