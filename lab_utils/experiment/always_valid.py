"""Looking as often as one likes: statistics that stay valid whenever the test is stopped.

All of them hold the data's likelihood under a mixture of effects against that under none. By
Ville's inequality such a ratio ever exceeds 1 / alpha in at most alpha of all A/A tests. The
price is a wider interval than one look needs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from lab_utils.experiment.arguments import open_share, positive
from lab_utils.experiment.comparison import Interval
from lab_utils.experiment.sample_ratio import counts_and_plan


@dataclass(frozen=True)
class AlwaysValid:
    """What a mixture sequential test says now; the next look need not wait.

    Attributes:
        estimate: of the effect.
        half_width: of the interval, in the effect's unit.
        log_e_value: logarithm of the evidence against no effect; above log(1 / alpha) it is
            significant.
        p_value: the least that this look alone gives, 1 at most; over several looks the
            smallest one seen stays valid.
    """

    estimate: float
    half_width: float
    log_e_value: float
    p_value: float

    @property
    def interval(self) -> Interval:
        """All intervals together cover the effect with probability 1 - alpha."""
        return self.estimate - self.half_width, self.estimate + self.half_width


def mixture_test(
    mean: float, sd: float, n: float, mixture_sd: float, alpha: float = 0.05
) -> AlwaysValid:
    """Sequential test of a mean of 0, with a normal mixture over effects (mSPRT).

    Robbins (1970); Johari, Koomen, Pekelis & Walsh (2022), eq. 12. For normal values of known
    spread it is exact at every n.

    >>> found = mixture_test(mean=0.06, sd=2**0.5, n=5_000, mixture_sd=0.05)
    >>> round(found.p_value, 4), round(found.half_width, 4)
    (0.0556, 0.0608)

    Args:
        mean: of the n values seen; for two groups of n pairs, the mean difference.
        sd: standard deviation of one value (of one pair's difference: sqrt(2) times that).
        n: values (pairs) seen so far.
        mixture_sd: of the effects the test is tuned to; about the effect to be found.
        alpha: the false-alarm rate over all looks.

    Raises:
        BadArgument: sd, n or mixture_sd not above 0, alpha outside 0 to 1.
    """
    positive("sd", sd), positive("n", n), positive("mixture_sd", mixture_sd)
    open_share("alpha", alpha)
    gain = n * (mixture_sd / sd) ** 2
    z_squared = n * (mean / sd) ** 2
    log_e_value = 0.5 * (z_squared * gain / (1 + gain) - math.log1p(gain))
    needed = (2 * math.log(1 / alpha) + math.log1p(gain)) * (1 + gain) / gain
    half_width = sd * math.sqrt(needed / n)
    return AlwaysValid(mean, half_width, log_e_value, math.exp(min(0.0, -log_e_value)))


def asymptotic_confidence_sequence(
    estimate: float, std_error: float, n: float, tuning_n: float, alpha: float = 0.05
) -> AlwaysValid:
    """An always-valid interval around any estimate that is nearly normal.

    Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), eq. 9 (2023 version): `mixture_test`
    with the estimated standard error, so valid once n is large. The mixture is chosen such that
    the interval is tightest at `tuning_n` (eq. 10, to first order, as GrowthBook).

    >>> found = asymptotic_confidence_sequence(0.5, 0.33341, n=6_461, tuning_n=1_000)
    >>> round(found.half_width, 3)
    1.062

    Args:
        estimate: of the effect: a difference, a relative lift, a difference of ratios.
        std_error: its standard error at this look.
        n: users of both groups so far.
        tuning_n: users at which the interval is to be tightest; fix it before the test.
        alpha: the false-alarm rate over all looks.

    Raises:
        BadArgument: std_error, n or tuning_n not above 0, alpha outside 0 to 1.
    """
    positive("std_error", std_error), positive("n", n), positive("tuning_n", tuning_n)
    log_alpha = -2 * math.log(open_share("alpha", alpha))
    sd = std_error * math.sqrt(n)
    mixture_sd = sd * math.sqrt((log_alpha + math.log(log_alpha + 1)) / tuning_n)
    return mixture_test(estimate, sd, n, mixture_sd, alpha)


def sequential_sample_ratio(
    counts: Sequence[int], planned: Sequence[float], concentration: float = 10_000
) -> float:
    """The p-value of a sample-ratio mismatch, valid at every look (SSRM).

    Lindon & Malek (2022): multinomial counts under a Dirichlet mixture around the plan. Over
    several looks the smallest p-value seen stays valid.

    >>> round(sequential_sample_ratio([6840, 3160], [0.7, 0.3], concentration=100), 4)
    0.026

    Args:
        counts: users seen so far per variant.
        planned: planned share of each variant, in the same order; sums to 1.
        concentration: how near the plan a mismatch is looked for: about the users at which a
            small one should be found.

    Raises:
        BadArgument: counts below 0, shares that do not fit them or do not sum to 1.
    """
    seen, shares = counts_and_plan(counts, planned)
    prior = positive("concentration", concentration) * shares
    log_e_value = (
        special.gammaln(concentration)
        - special.gammaln(concentration + seen.sum())
        + (special.gammaln(prior + seen) - special.gammaln(prior)).sum()
        - special.xlogy(seen, shares).sum()
    )
    return float(np.exp(min(0.0, -log_e_value)))
