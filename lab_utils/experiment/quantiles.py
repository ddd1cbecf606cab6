"""Quantiles, such as the 95th percentile of latency, with users resampled as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lab_utils.experiment.arguments import numbered, open_share, values_of
from lab_utils.experiment.comparison import NAN, Comparison, Interval
from lab_utils.experiment.errors import BadArgument, TooFewForQuantile

REPLICATES = 2_000
"""Bootstrap samples: enough for the ends of a 95 % interval to settle."""

CELLS_AT_ONCE = 2_000_000
"""Samples times rows held in memory at once."""

Array = NDArray[np.float64]


def fewest_for_quantile(q: float, alpha: float = 0.05) -> int:
    """Fewest users for which a two-sided interval of quantile `q` has both ends in the data.

    The chance that all n users lie on the inner side of the quantile must be alpha/2 at most:
    72 for the 95th percentile at 95 % (Conover 1999, section 3.2).

    Raises:
        BadArgument: q or alpha outside 0 to 1.
    """
    open_share("q", q), open_share("alpha", alpha)
    return math.ceil(math.log(alpha / 2) / math.log(max(q, 1 - q)))


def quantile(values: ArrayLike, q: float) -> float:
    """The smallest value that at least a share `q` of the values does not exceed.

    Raises:
        BadArgument: no values or some that are no numbers; q outside 0 to 1.
    """
    open_share("q", q)
    return float(np.quantile(values_of("values", values), q, method="inverted_cdf"))


@dataclass(frozen=True)
class QuantileInterval:
    """An interval between two values that were seen.

    Attributes:
        low: the value of rank `low_rank`.
        high: the value of rank `high_rank`.
        low_rank: from 1, the smallest value.
        high_rank: up to n, the largest.
        coverage: the probability that the quantile lies between them, whatever the
            distribution.
    """

    low: float
    high: float
    low_rank: int
    high_rank: int
    coverage: float


def order_statistic_interval(
    values: ArrayLike, q: float, low_rank: int, high_rank: int
) -> QuantileInterval:
    """The interval between two ranks, and what it covers (Conover 1999, section 3.2).

    The quantile lies between them if at least `low_rank`, and fewer than `high_rank`, of n
    values are below it: a binomial probability.

    >>> round(order_statistic_interval(range(16), 0.75, 9, 15).coverage, 4)
    0.9094

    Args:
        values: shape (users,), one independent value each.
        q: the quantile, between 0 and 1.
        low_rank: from 1, the smallest value.
        high_rank: above `low_rank`, up to n.

    Raises:
        BadArgument: ranks that do not exist, q outside 0 to 1, values that are no numbers.
    """
    ordered = np.sort(values_of("values", values))
    n = ordered.size
    open_share("q", q)
    if not 1 <= low_rank < high_rank <= n:
        found = f"the ranks are {low_rank} and {high_rank} of {n} values"
        raise BadArgument(found, "give two rising ranks between 1 and the number of values")
    coverage = stats.binom.cdf(high_rank - 1, n, q) - stats.binom.cdf(low_rank - 1, n, q)
    low, high = float(ordered[low_rank - 1]), float(ordered[high_rank - 1])
    return QuantileInterval(low, high, low_rank, high_rank, float(coverage))


def quantile_interval(values: ArrayLike, q: float, alpha: float = 0.05) -> QuantileInterval:
    """The narrowest interval between ranks with at most alpha / 2 beyond either end.

    Conover (1999), section 3.2; scipy's `quantile_test`. Covers at least 1 - alpha. For one
    value a user; with repeat visits resample users, `compare_quantiles`.

    >>> found = quantile_interval(range(1, 101), 0.5)
    >>> found.low, found.high
    (40.0, 61.0)

    Args:
        values: shape (users,), one independent value each.
        q: the quantile, between 0 and 1.
        alpha: one minus the least coverage.

    Raises:
        TooFewForQuantile: an end would lie beyond the values seen.
        BadArgument: q or alpha outside 0 to 1, values that are no numbers.
    """
    n = values_of("values", values).size
    open_share("q", q), open_share("alpha", alpha)
    if n < fewest_for_quantile(q, alpha):
        needed = fewest_for_quantile(q, alpha)
        raise TooFewForQuantile(f"p{100 * q:g} needs {needed} values, seen {n}")
    # at least `rank` of n below the quantile, and at most that many
    low_rank = int(stats.binom.ppf(alpha / 2, n, q))
    if stats.binom.cdf(low_rank, n, q) <= alpha / 2:
        low_rank += 1
    high_rank = int(stats.binom.isf(alpha / 2, n, q)) + 1
    return order_statistic_interval(values, q, low_rank, high_rank)


def bootstrap_quantiles(
    values: ArrayLike, users: ArrayLike, q: float, rng: np.random.Generator
) -> Array:
    """Quantiles of `REPLICATES` samples of as many users, each with all of their rows.

    Drawing rows instead would take the visits of one user for independent (interval too
    narrow). Drawing users is weighting every row by how often its user was drawn.

    Args:
        values: shape (rows,), for instance latencies in ms.
        users: shape (rows,), who each row belongs to.
        q: the quantile, between 0 and 1.
        rng: where the samples come from.

    Returns:
        shape (REPLICATES,), in the unit of `values`.
    """
    row_values = np.asarray(values, dtype=float)
    codes, many = numbered(users)
    order = np.argsort(row_values, kind="stable")
    row_values, codes = row_values[order], codes[order]
    share = np.full(many, 1 / many)
    chunks = []
    at_once = max(1, CELLS_AT_ONCE // codes.size)
    for start in range(0, REPLICATES, at_once):
        drawn = rng.multinomial(many, share, size=min(at_once, REPLICATES - start))
        weights = drawn[:, codes]
        mass = weights.cumsum(axis=1)
        at = (mass >= np.ceil(q * mass[:, -1:] - 1e-9)).argmax(axis=1)
        chunks.append(row_values[at])
    return np.concatenate(chunks)


def percentile_interval(samples: Array, alpha: float) -> Interval:
    """The middle 1 - alpha of the bootstrap samples (Efron's percentile interval)."""
    low, high = np.quantile(samples, [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


def compare_quantiles(
    control: tuple[ArrayLike, ArrayLike],
    treatment: tuple[ArrayLike, ArrayLike],
    q: float,
    alpha: float = 0.05,
    seed: int = 0,
) -> Comparison:
    """Compare quantile `q` of two groups by bootstrapping users.

    Args:
        control: values and the user of each, both of shape (rows,).
        treatment: the same for the treatment group.
        q: the quantile, between 0 and 1.
        alpha: one minus the confidence of the interval.
        seed: makes the bootstrap repeatable.

    Raises:
        BadArgument: no values, some that are no numbers, not one user for each; q or alpha outside
            0 to 1.
    """
    open_share("alpha", alpha)
    for name, (values, users) in (("control", control), ("treatment", treatment)):
        if values_of(f"{name}'s values", values).size != np.size(users):
            found = f"{name} has {np.size(values)} values and {np.size(users)} users"
            raise BadArgument(found, "give the user of each value")
    value_control, value_treatment = quantile(control[0], q), quantile(treatment[0], q)
    rng = np.random.default_rng(seed)
    drawn_control = bootstrap_quantiles(*control, q, rng)
    drawn_treatment = bootstrap_quantiles(*treatment, q, rng)
    differences = drawn_treatment - drawn_control
    # the +1 keeps a p-value from being 0, which no finite number of samples can show
    tail = min((differences <= 0).sum(), (differences >= 0).sum()) + 1
    return Comparison(
        method=f"bootstrap of users, {REPLICATES:,} samples, percentile interval",
        n_control=numbered(control[1])[1],
        n_treatment=numbered(treatment[1])[1],
        control=value_control,
        treatment=value_treatment,
        control_interval=percentile_interval(drawn_control, alpha),
        treatment_interval=percentile_interval(drawn_treatment, alpha),
        difference=value_treatment - value_control,
        std_error=float(differences.std(ddof=1)),
        interval=percentile_interval(differences, alpha),
        statistic=NAN,
        df=NAN,
        p_value=min(1.0, 2 * int(tail) / (REPLICATES + 1)),
        relative_interval=(
            percentile_interval(differences / drawn_control, alpha)
            if drawn_control.all()
            else (NAN, NAN)
        ),
    )
