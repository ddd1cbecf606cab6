"""Rates of success compared in several ways, right and wrong, to know a student's answer by."""

from __future__ import annotations

import pandas as pd


def difference(rows: pd.DataFrame) -> float:
    """The mean `outcome` of variant b minus that of a."""
    rate = rows.groupby("variant")["outcome"].mean()
    return float(rate["b"] - rate["a"])


def weighted_difference(rows: pd.DataFrame, by: str, *, equal: bool = False) -> float:
    """Differences within parts, put together.

    Args:
        rows: `variant`, `outcome` and the column `by`.
        by: what the parts differ in.
        equal: whether each row counts the same; else parts are weighted by
            n_a n_b / (n_a + n_b), by what they can tell (Cochran 1954).
    """
    total = weights = 0.0
    for _, part in rows.groupby(by):
        in_b = int((part["variant"] == "b").sum())
        weight = len(part) if equal else in_b * (len(part) - in_b) / len(part)
        total += weight * difference(part)
        weights += weight
    return total / weights


def difference_without_the_slow(visits: pd.DataFrame) -> float:
    """The logged difference with visits of a dropped, too, from the slowest on, to even out.

    Args:
        visits: of `World.visits`, with `lost`.
    """
    kept = visits[~visits["lost"]]
    part = 1 - visits.loc[visits["variant"] == "b", "lost"].mean()
    most = visits.loc[visits["variant"] == "a", "latency_ms"].quantile(part)
    return difference(kept[(kept["variant"] == "b") | (kept["latency_ms"] <= most)])
