"""A log with a known truth, to see what the analysis makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy import special

from lab_utils.experiment.arguments import at_least, open_share
from lab_utils.experiment.errors import BadArgument

START = "2026-03-01"
"""The first simulated day."""

LATENCY_MS = 12.0
"""Median latency of the control."""


def simulated_log(
    assign: Callable[[str], str],
    rates: Mapping[str, float],
    users: int = 2_000,
    visits_per_user: float = 1.0,
    icc: float = 0.1,
    days: int = 14,
    slower: Mapping[str, float] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Visits of users who each have a rate of their own, assigned by the balancer's own rule.

    A user's rate is Beta distributed around the variant's, so that two visits of one user
    correlate by `icc`. The same seed gives the same users and, where a variant is no better,
    the same outcomes, whatever the assignment.

    >>> log = simulated_log(lambda user: "ab"[int(user) % 2], {"a": 0.1, "b": 0.1}, users=4)
    >>> log["variant"].value_counts().tolist()
    [2, 2]

    Args:
        assign: from a user's name to a variant, such as the balancer's `sticky` with its weights
            and salt filled in.
        rates: the true rate of success of each variant, strictly between 0 and 1.
        users: how many come at all; their names are "0", "1", ...
        visits_per_user: mean visits, at least 1; one plus a geometric number.
        icc: how alike two visits of one user are, strictly between 0 and 1.
        days: over which visits are spread evenly.
        slower: a factor on the latency of a variant, 1 where not given.
        seed: of all that is drawn.

    Returns:
        One row per visit, by time: `request_id`, `timestamp`, `user_id`, `variant`,
        `latency_ms`, `status`, `outcome`, and per user `device` and `before`, a score from
        before the test that goes along with the user's rate.

    Raises:
        BadArgument: no users, days or visits; a rate or ICC that is not between 0 and 1; a
            variant without a rate.
    """
    at_least("users", users, 1), at_least("days", days, 1)
    at_least("visits_per_user", visits_per_user, 1), open_share("icc", icc)
    rng = np.random.default_rng(seed)
    names = np.arange(users).astype(str)
    variants = np.array([assign(name) for name in names.tolist()])
    unknown = set(variants.tolist()) - set(rates)
    if unknown:
        raise BadArgument(f"{sorted(unknown)} have no rate", "give the true rate of each variant")
    mean = np.array([open_share("a rate", rates[variant]) for variant in variants.tolist()])
    # a rank of the user among all, so that the treatment moves rates and not who is who
    rank = rng.random(users)
    own_rate = _beta_at(rank, mean, icc)
    before = rank + rng.normal(0, 0.3, users)
    device = np.where(rng.random(users) < 0.6, "phone", "desktop")
    visits = rng.geometric(1 / visits_per_user, users)
    whose = np.arange(users).repeat(visits)
    seconds = rng.uniform(0, days * 86_400, whose.size)
    factor = np.array([(slower or {}).get(variant, 1.0) for variant in variants.tolist()])
    latency = LATENCY_MS * np.exp(rng.normal(0, 0.3, users)[whose] + rng.normal(0, 0.3, whose.size))
    log = pd.DataFrame(
        {
            "timestamp": pd.Timestamp(START, tz="UTC") + pd.to_timedelta(seconds, unit="s"),
            "user_id": names[whose],
            "variant": variants[whose],
            "latency_ms": latency * factor[whose],
            "status": 200,
            "outcome": (rng.random(whose.size) < own_rate[whose]).astype(float),
            "device": device[whose],
            "before": before[whose],
        }
    ).sort_values("timestamp", ignore_index=True)
    log.insert(0, "request_id", [f"r{i}" for i in range(len(log))])
    return log


def _beta_at(rank: np.ndarray, mean: np.ndarray, icc: float) -> np.ndarray:
    """The quantile at each rank of a Beta distribution with this mean and 1 / (a + b + 1)."""
    total = 1 / icc - 1
    return np.asarray(special.betaincinv(mean * total, (1 - mean) * total, rank))
