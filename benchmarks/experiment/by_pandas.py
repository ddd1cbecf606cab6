"""Two contestants: pandas reads the log, and either plain formulas or tea-tasting compare.

Knows nothing of the lab: `python by_pandas.py plain|tea LOG` runs wherever pandas (and tea-tasting)
are. Prints what it found as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

LINES_AT_ONCE = 500_000


def visits_of(path: str) -> pd.DataFrame:
    """One row per request, with its outcome; 0 where it failed."""
    requests, outcomes = [], []
    with pd.read_json(
        path, lines=True, chunksize=LINES_AT_ONCE, dtype=False, convert_dates=False
    ) as chunks:
        for chunk in chunks:
            asked = chunk[chunk["event"] == "request"]
            requests.append(asked[["request_id", "user_id", "variant", "status", "latency_ms"]])
            told = chunk[chunk["event"] == "outcome"]
            outcomes.append(told[["request_id", "outcome"]])
    visits = pd.concat(requests).merge(pd.concat(outcomes), on="request_id", how="left")
    visits["error"] = (visits["status"] >= 400).astype(float)
    visits["outcome"] = visits["outcome"].where(visits["error"] == 0, 0.0)
    return visits


def per_user(visits: pd.DataFrame) -> pd.DataFrame:
    """One row per user: the sums of their visits, and how many those are."""
    users = visits.groupby(["user_id", "variant"], observed=True)
    sums = users[["outcome", "error"]].sum()
    return sums.assign(visits=users.size().astype(float)).reset_index()


def plain(users: pd.DataFrame, column: str) -> dict[str, float]:
    """Difference of two ratios of sums by the delta method, with Welch's degrees of freedom."""
    ratios, variances, counts = [], [], []
    for variant in ("a", "b"):
        mine = users[users["variant"] == variant]
        ratio = mine[column].sum() / mine["visits"].sum()
        rest = mine[column] - ratio * mine["visits"]
        ratios.append(ratio)
        counts.append(len(mine))
        variances.append(rest.var() / len(mine) / mine["visits"].mean() ** 2)
    std_error = np.sqrt(sum(variances))
    df = sum(variances) ** 2 / sum(v**2 / (n - 1) for v, n in zip(variances, counts, strict=True))
    difference = ratios[1] - ratios[0]
    half = stats.t.ppf(0.975, df) * std_error
    return {
        "control": ratios[0],
        "treatment": ratios[1],
        "difference": difference,
        "std_error": std_error,
        "ci_low": difference - half,
        "ci_high": difference + half,
        "p_value": 2 * stats.t.sf(abs(difference / std_error), df),
    }


def tea(users: pd.DataFrame, column: str) -> dict[str, float]:
    """The same by tea-tasting."""
    import tea_tasting as tt

    experiment = tt.Experiment(metric=tt.RatioOfMeans(column, "visits"))
    found: Any = experiment.analyze(users, control="a")["metric"]
    return {
        "control": found.control,
        "treatment": found.treatment,
        "difference": found.effect_size,
        "std_error": found.effect_size / found.statistic,
        "ci_low": found.effect_size_ci_lower,
        "ci_high": found.effect_size_ci_upper,
        "p_value": found.pvalue,
    }


def p95(visits: pd.DataFrame) -> dict[str, float]:
    """The 95th percentile of latency in each variant."""
    a, b = (
        np.quantile(
            visits.loc[visits["variant"] == variant, "latency_ms"], 0.95, method="inverted_cdf"
        )
        for variant in ("a", "b")
    )
    return {"control": a, "treatment": b, "difference": b - a}


def main(how: str, path: str) -> None:
    """From the log to the comparisons."""
    imported = perf_counter()
    visits = visits_of(path)
    users = per_user(visits)
    read = perf_counter()
    compare = {"plain": plain, "tea": tea}[how]
    metrics = {f"{column} rate": compare(users, column) for column in ("outcome", "error")}
    metrics["p95 of latency_ms"] = p95(visits)
    compared = perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {
        "metrics": metrics,
        "imported_at": imported,
        "read_at": read,
        "compared_at": compared,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }
    print(json.dumps(found, default=float))


if __name__ == "__main__":
    main(*sys.argv[1:])
