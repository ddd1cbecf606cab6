"""What checks and metrics ask of a log, however it is held: every visit, or sums per user.

`Rows` answers from a table with one row per visit, `PerUser` from sums that were made while
reading a log too large for such a table. Checks and metrics know only these questions, so both
come to the same verdict in the same words.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol, Self

import pandas as pd

from lab_utils.experiment.arguments import Array
from lab_utils.experiment.tail import Tail


class Visits(Protocol):
    """The visits that are left; what leaves some out returns new ones."""

    @property
    def columns(self) -> Sequence[str]:
        """What is known of a visit, by name."""

    @property
    def visits(self) -> int:
        """How many visits there are."""

    @property
    def users(self) -> int:
        """How many units (users) they are of."""

    @property
    def duplicates(self) -> int:
        """Visits that repeat the request of an earlier one."""

    @property
    def finer_than_users(self) -> tuple[int, int] | None:
        """Users and units, where units are more than the users they belong to."""

    def time_problem(self) -> str | None:
        """What is wrong with the times, in words."""

    def in_order(self) -> Self:
        """Sorted by time; the same object where they were, or where order is not known."""

    def distinct(self) -> Self:
        """The first visit of each request."""

    def known(self, column: str) -> Self:
        """Those that have a value in `column`, which is the unit or the variant."""

    def per_variant(self) -> pd.Series[int]:
        """Visits by variant, the most frequent first."""

    def only(self, variants: Collection[str]) -> Self:
        """Those of the variants named."""

    def unusable(self, column: str) -> str | None:
        """What of `column` no metric can be computed from, in words: text, infinity."""

    def away(self) -> pd.DataFrame:
        """By variant: `sum` failed at a server or were answered by another, `size` in all."""

    def stood_in(self) -> pd.Series[int]:
        """Visits that another variant answered, by variant; empty where there are none."""

    def mixed_users(self) -> int:
        """Users served by more than one variant."""

    def without_mixed(self) -> Self:
        """Those of users of one variant only."""

    def first_met(self) -> Self:
        """Of each user those of the variant met first."""

    def missing(self, column: str) -> pd.DataFrame | None:
        """By variant: `sum` without a value in `column`, `size` in all; None if all have one."""

    def filled(self, column: str) -> Self:
        """With 0 where `column` has no value."""

    def reported(self, column: str) -> Self:
        """Those that have a value in the measured `column`."""

    def totals(self, column: str) -> tuple[Array, Array]:
        """Of each user, in the order of their names: the sum of `column`, and visits."""

    def tail(self, column: str) -> Tail:
        """The values of `column` by visit and user, users numbered in the order of their names."""

    def spread(self, column: str) -> tuple[float, float]:
        """The lowest and the highest value of `column`."""

    def not_binary(self, column: str) -> tuple[int, float]:
        """How many values of `column` are neither 0 nor 1, and the lowest of them."""

    def once(self, column: str) -> pd.DataFrame | None:
        """Of each user: the `first` value of `column`, and how many they have (`nunique`).

        None where there is no such column.
        """
