"""A bandit let loose many times on visitors whose truth is known: what it earns, what it can tell.

`bandits.replay` asks what a bandit would have made of visits that happened. Here they are
invented, so that what it concludes can be held against the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lab_utils.experiment.arguments import whole
from lab_utils.experiment.errors import BadArgument

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BanditRuns:
    """Many runs of a bandit between two variants; the last axis is control, treatment.

    Attributes:
        rates: shape (visits, 2), the true rate of each variant at each visit.
        share: shape (visits,), the part of the runs that chose the treatment at each visit.
        chosen: shape (runs, 2), visits each variant got.
        successes: shape (runs, 2), of these.
    """

    rates: Floats
    share: Floats
    chosen: NDArray[np.int64]
    successes: NDArray[np.int64]

    @property
    def earned(self) -> float:
        """Successes of a run, on average."""
        return float(self.successes.sum(axis=1).mean())

    @property
    def earned_by_even_split(self) -> float:
        """What a fixed half and half would get from the same visits, on average."""
        return float(self.rates.mean(axis=1).sum())

    @property
    def seen_rates(self) -> Floats:
        """What each run's log shows of both variants, shape (runs, 2); NaN where never chosen."""
        never = self.chosen == 0
        return np.asarray(np.where(never, np.nan, self.successes / np.maximum(self.chosen, 1)))

    @property
    def p_values(self) -> Floats:
        """Of the textbook's z-test of each run's log, shape (runs,); 1 where one had no visits."""
        n, x = self.chosen, self.successes
        pooled = x.sum(axis=1) / n.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(pooled * (1 - pooled) * (1 / n).sum(axis=1))
            z = np.diff(x / n, axis=1)[:, 0] / error
        return np.asarray(np.where(np.isfinite(z), 2 * stats.norm.sf(np.abs(z)), 1.0))


def thompson_runs(rates: ArrayLike, runs: int = 300, delay: int = 0, seed: int = 0) -> BanditRuns:
    """Thompson sampling, as the balancer does it, in many runs at once.

    Each variant's rate is believed to be Beta distributed, flat at first; a number is drawn from
    each belief, and the highest wins the visit (Thompson 1933). Every visit is a new visitor.

    >>> seen = thompson_runs([[0.1, 0.5]] * 200, runs=50)
    >>> bool(seen.share[-1] > 0.9)
    True

    Args:
        rates: shape (visits, 2), the true rate of control and treatment at each visit.
        runs: how many.
        delay: visits that pass before an outcome is known.
        seed: of all that is drawn.

    Raises:
        BadArgument: no visits or runs, rates for other than two variants or outside 0 to 1, a
            delay below 0.
    """
    truth = np.asarray(rates, dtype=float)
    if truth.ndim != 2 or truth.shape[1] != 2 or not len(truth):
        raise BadArgument(f"the rates have shape {truth.shape}", "give two for each visit")
    if not ((truth >= 0) & (truth <= 1)).all():
        raise BadArgument(
            f"rates are between {truth.min()} and {truth.max()}", "give rates between 0 and 1"
        )
    runs, delay = whole("runs", runs, 1), whole("delay", delay)
    rng = np.random.default_rng(seed)
    known, each = np.ones((2, runs, 2)), np.arange(runs)
    won, lost = known
    chosen = np.empty((len(truth), runs), dtype=np.int64)
    success = np.empty((len(truth), runs), dtype=bool)
    for visit, rate in enumerate(truth):
        if visit > delay:
            then = visit - delay - 1
            won[each, chosen[then]] += success[then]
            lost[each, chosen[then]] += ~success[then]
        chosen[visit] = rng.beta(won, lost).argmax(axis=1)
        success[visit] = rng.random(runs) < rate[chosen[visit]]
    treatment = chosen.sum(axis=0)
    gained = (success & (chosen == 1)).sum(axis=0)
    return BanditRuns(
        truth,
        chosen.mean(axis=1),
        np.column_stack([len(truth) - treatment, treatment]),
        np.column_stack([success.sum(axis=0) - gained, gained]),
    )
