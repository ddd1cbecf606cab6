"""A log as a table with one row per visit: what is asked of it, answered by pandas."""

# ruff: noqa: D102 -- `Visits` says what each member answers

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus

import numpy as np
import pandas as pd

from lab_utils.experiment.arguments import Array
from lab_utils.experiment.tail import Tail


@dataclass(frozen=True)
class Rows:
    """The visits that are left of a table; see `Visits` for what each member answers.

    Args:
        frame: one row per visit.
        unit: the column of what was assigned to variants.
    """

    frame: pd.DataFrame
    unit: str

    @classmethod
    def of(cls, log: pd.DataFrame, unit: str, measured: Collection[str]) -> Rows:
        """The rows of any table, whatever its index, with what is measured as floats.

        A measured column that is no numbers stays as it is, for `unusable` to name.
        """
        frame = log.reset_index(drop=True)
        once = [name for name in measured if list(frame.columns).count(name) == 1]
        return cls(frame.assign(**{name: _as_floats(frame[name]) for name in once}), unit)

    @property
    def columns(self) -> Sequence[str]:
        return [str(name) for name in self.frame.columns]

    @property
    def visits(self) -> int:
        return len(self.frame)

    @property
    def users(self) -> int:
        return int(self.frame[self.unit].nunique())

    @property
    def duplicates(self) -> int:
        return int(self._again.sum())

    @property
    def finer_than_users(self) -> tuple[int, int] | None:
        if self.unit == "user_id" or "user_id" not in self.frame:
            return None
        users, units = int(self.frame["user_id"].nunique()), self.users
        return (users, units) if users < units else None

    @cached_property
    def _again(self) -> pd.Series[bool]:
        if "request_id" not in self.frame:
            return pd.Series(data=False, index=self.frame.index)
        names = self.frame["request_id"]
        return names.duplicated() & names.notna()

    def time_problem(self) -> str | None:
        if "timestamp" not in self.frame:
            return None
        times = self.frame["timestamp"]
        if not isinstance(times.dtype, pd.DatetimeTZDtype):
            return f"`timestamp` is of type {times.dtype}, not a time with a zone"
        if times.isna().any():
            return f"{times.isna().sum():,} of {len(times):,} times are unreadable (NaT)"
        return None

    def in_order(self) -> Rows:
        if "timestamp" not in self.frame or self.frame["timestamp"].is_monotonic_increasing:
            return self
        return self._with(self.frame.sort_values("timestamp", kind="stable"))

    def distinct(self) -> Rows:
        return self._with(self.frame[~self._again])

    def known(self, column: str) -> Rows:
        return self._with(self.frame[self.frame[column].notna()])

    def per_variant(self) -> pd.Series[int]:
        return counted(self.frame["variant"])

    def only(self, variants: Collection[str]) -> Rows:
        return self._with(self.frame[self.frame["variant"].isin(list(variants))])

    def unusable(self, column: str) -> str | None:
        values = self.frame[column]
        if not pd.api.types.is_float_dtype(values):
            return f"`{column}` holds no numbers but {values.dtype}, such as {values.iloc[0]!r}"
        infinite = int(np.isinf(values).sum())
        return f"{infinite:,} of {len(values):,} in `{column}` are infinite" if infinite else None

    def away(self) -> pd.DataFrame:
        away = pd.Series(data=False, index=self.frame.index)
        # a column of that name may be anything in a table that is not the lab's
        if "status" in self.frame and pd.api.types.is_numeric_dtype(self.frame["status"]):
            away |= self.frame["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR
        if "failover" in self.frame:
            away |= self.frame["failover"].notna()
        return away.groupby(self.frame["variant"]).agg(["sum", "size"])

    def stood_in(self) -> pd.Series[int]:
        if "failover" not in self.frame:
            return pd.Series(dtype="int64")
        return counted(self.frame.loc[self.frame["failover"].notna(), "variant"])

    def mixed_users(self) -> int:
        return int(self.frame.loc[self._mixed, self.unit].nunique())

    def without_mixed(self) -> Rows:
        return self._with(self.frame[~self._mixed])

    def first_met(self) -> Rows:
        first = self.frame.groupby(self.unit)["variant"].transform("first")
        return self._with(self.frame[self.frame["variant"] == first])

    @cached_property
    def _mixed(self) -> pd.Series[bool]:
        return self.frame.groupby(self.unit)["variant"].transform("nunique") > 1

    def missing(self, column: str) -> pd.DataFrame | None:
        missing = self.frame[column].isna()
        if not missing.any():
            return None
        return missing.groupby(self.frame["variant"]).agg(["sum", "size"])

    def filled(self, column: str) -> Rows:
        return self._with(self.frame.fillna({column: 0}))

    def reported(self, column: str) -> Rows:
        return self.known(column)

    def totals(self, column: str) -> tuple[Array, Array]:
        totals = self.frame.groupby(self.unit)[column].agg(["sum", "count"])
        return totals["sum"].to_numpy(dtype=float), totals["count"].to_numpy(dtype=float)

    def tail(self, column: str) -> Tail:
        codes, names = pd.factorize(self.frame[self.unit], sort=True)
        visits = np.bincount(codes, minlength=len(names)).astype(float)
        return Tail(self.frame[column].to_numpy(dtype=float), codes, visits)

    def spread(self, column: str) -> tuple[float, float]:
        return float(self.frame[column].min()), float(self.frame[column].max())

    def not_binary(self, column: str) -> tuple[int, float]:
        values = self.frame[column]
        bad = values[~values.isin([0, 1])]
        return len(bad), bad.min()

    def once(self, column: str) -> pd.DataFrame | None:
        if column not in self.frame:
            return None
        users = self.frame.groupby(self.unit)[column]
        return pd.DataFrame({"first": users.first(), "nunique": users.nunique(dropna=False)})

    def _with(self, frame: pd.DataFrame) -> Rows:
        return replace(self, frame=frame)


def counted(names: pd.Series[str]) -> pd.Series[int]:
    """How often each comes, the most frequent first; of equals the first by name."""
    counts = names.value_counts().sort_index(key=lambda index: index.astype(str))
    counts = counts[counts > 0]  # a category may have no rows
    return counts.sort_values(ascending=False, kind="stable")


def _as_floats(values: pd.Series) -> pd.Series:
    """Numbers of any type, true or false, missing or not, as floats; others as they are."""
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind not in ("floating", "integer", "mixed-integer-float", "boolean", "decimal", "empty"):
        return values
    return pd.Series(values.to_numpy(dtype=float, na_value=np.nan), index=values.index)
