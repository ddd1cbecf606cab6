"""The Bayesian reading of two proportions: a Beta posterior for each, compared exactly.

No sampling: the integrals are done by the trapezoid rule on the log-odds, where the densities
are smooth and fall off exponentially, so that it is accurate to about twelve digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from lab_utils.experiment.arguments import at_least, open_share, positive
from lab_utils.experiment.comparison import Interval
from lab_utils.experiment.errors import BadArgument

NEGLIGIBLE = 45.0
"""So far below its top, in logarithms, a density is left out: e^-45 is below 1e-19."""

STEPS_PER_SD = 16
"""Steps of the trapezoid rule in the narrower posterior's standard deviation."""

FARTHEST_LOG_ODDS = 700.0
"""Beyond this a share below one half is 0 to the computer."""

MOST_STEPS = 5_000_000
"""Enough for posteriors whose widths differ by a factor of ten thousand."""


@dataclass(frozen=True)
class Posterior:
    """What is believed of a share: the Beta distribution.

    Attributes:
        a: successes seen, and those the prior is worth; above 0.
        b: failures, likewise.
    """

    a: float
    b: float

    def __post_init__(self) -> None:
        positive("a", self.a), positive("b", self.b)

    @classmethod
    def of(cls, successes: int, n: int, prior: tuple[float, float] = (1, 1)) -> Posterior:
        """The posterior after n users, of whom some succeeded.

        >>> Posterior.of(120, 1000)
        Posterior(a=121, b=881)

        Args:
            successes: 0 to n.
            n: users seen; none leave the prior as it is.
            prior: a and b beforehand; (1, 1) takes all shares for equally likely.

        Raises:
            BadArgument: more successes than users.
        """
        at_least("n", n, 0)
        if not 0 <= successes <= n:
            raise BadArgument(f"{successes} successes of {n}", "give at most as many as users")
        return cls(prior[0] + successes, prior[1] + n - successes)

    @property
    def mean(self) -> float:
        """The expected share."""
        return self.a / (self.a + self.b)

    def interval(self, alpha: float = 0.05) -> Interval:
        """The share lies between these with (posterior) probability 1 - alpha, equal tails."""
        tails = open_share("alpha", alpha) / 2, 1 - alpha / 2
        low, high = (float(special.betaincinv(self.a, self.b, tail)) for tail in tails)
        return low, high

    def _log_density(self, log_odds: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Density of the log-odds, in logarithms."""
        logarithms = self.a * special.log_expit(log_odds) + self.b * special.log_expit(
            -np.asarray(log_odds)
        )
        return np.asarray(logarithms - special.betaln(self.a, self.b))

    def _below(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probability of a share below; from the nearer end, as 1 - 1e-17 is 1."""
        left = special.betainc(self.a, self.b, special.expit(log_odds))
        right = special.betaincc(self.b, self.a, special.expit(-log_odds))
        return np.asarray(np.where(log_odds < 0, left, right))

    def _support(self) -> Interval:
        """The log-odds between which all but a negligible part lies."""
        top = float(np.log(self.a / self.b))
        floor = float(self._log_density(top)) - NEGLIGIBLE

        def above(log_odds: float) -> float:
            return float(self._log_density(log_odds)) - floor

        ends = []
        for direction in (-1.0, 1.0):
            reach = direction
            while above(top + reach) > 0:
                reach *= 2
            ends.append(float(optimize.brentq(above, top, top + reach)))
        return ends[0], ends[1]


@dataclass(frozen=True)
class Bayesian:
    """Two posteriors compared.

    Attributes:
        p_treatment_better: probability that the treatment's share is the higher one.
        loss_treatment: expected loss of choosing the treatment, in shares: how much worse it
            is on average, counting 0 where it is better.
        loss_control: expected loss of staying with the control.
        difference: expected treatment minus control.
    """

    p_treatment_better: float
    loss_treatment: float
    loss_control: float
    difference: float


def compare_posteriors(control: Posterior, treatment: Posterior) -> Bayesian:
    """How probably the treatment is better, and what either choice costs if it is wrong.

    P(B > A) as in Miller (2014), of which this is the integral for priors that are no whole
    numbers too; expected losses as in Stucchio (2014), E max(A - B, 0), as the integral of
    P(B < x < A). Stopping when the probability is high enough raises false alarms as any
    peeking does.

    >>> found = compare_posteriors(Posterior.of(120, 1_000), Posterior.of(145, 1_000))
    >>> round(found.p_treatment_better, 4), round(found.loss_treatment, 6)
    (0.9502, 0.000316)

    Args:
        control: what is believed of the control's share.
        treatment: what is believed of the treatment's share.

    Raises:
        BadArgument: posteriors too unlike in width to integrate, or all but at 0 or 1.
    """
    low = min(control._support()[0], treatment._support()[0])
    high = max(control._support()[1], treatment._support()[1])
    if max(-low, high) > FARTHEST_LOG_ODDS:
        raise BadArgument(
            f"a posterior lies at shares that cannot be told from 0 or 1: {control}, {treatment}",
            "give a prior of 0.1 or more successes and failures",
        )
    narrow = min(np.sqrt(1 / group.a + 1 / group.b) for group in (control, treatment))
    steps = int((high - low) / narrow * STEPS_PER_SD) + 1_000
    if steps > MOST_STEPS:
        raise BadArgument("one posterior is far narrower than the other", "compare their means")
    log_odds, step = np.linspace(low, high, steps, retstep=True)
    share = special.expit(log_odds)
    below_control, below_treatment = control._below(log_odds), treatment._below(log_odds)
    density = np.exp(treatment._log_density(log_odds))
    width = share * special.expit(-log_odds)
    return Bayesian(
        float(min(1.0, (density * below_control).sum() * step)),
        float((below_treatment * (1 - below_control) * width).sum() * step),
        float((below_control * (1 - below_treatment) * width).sum() * step),
        treatment.mean - control.mean,
    )
