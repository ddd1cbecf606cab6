"""Rates: events counted over an exposure, such as errors per request or per hour."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

from scipy import stats

from lab_utils.experiment.arguments import one_of, open_share, positive, whole
from lab_utils.experiment.comparison import NAN, Alternative, Interval


@dataclass(frozen=True)
class RateTest:
    """Two rates compared.

    Attributes:
        control: events per unit of exposure.
        treatment: the same.
        ratio: treatment over control; infinite for no events in control, NaN for none at all.
        p_value: of equal rates.
        interval: confidence interval of `ratio`; a one-sided test leaves it open to one side.
    """

    control: float
    treatment: float
    ratio: float
    p_value: float
    interval: Interval


def rate_test(
    events_control: int,
    exposure_control: float,
    events_treatment: int,
    exposure_treatment: float,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
) -> RateTest:
    """Exact conditional test of two Poisson rates (R `poisson.test`).

    Przyborowski & Wilenski (1940): given all events, those of the treatment are binomial with
    its part of the exposure as the share. The interval is Clopper and Pearson's, of confidence
    1 - alpha. Errors that come in bursts are not Poisson: then compare users.

    >>> found = rate_test(21, 3011, 11, 800)
    >>> round(found.ratio, 4), round(found.p_value, 5)
    (1.9715, 0.07967)

    Args:
        events_control: events seen, such as errors.
        exposure_control: over what: requests, hours.
        events_treatment: events in the treatment group.
        exposure_treatment: in the same unit.
        alpha: one minus the confidence of the interval.
        alternative: "greater" asks whether the treatment's rate is higher.

    Raises:
        BadArgument: negative or fractional events, an exposure that is not above 0, alpha
            outside 0 to 1.
    """
    events_control = whole("events_control", events_control)
    events_treatment = whole("events_treatment", events_treatment)
    positive("exposure_control", exposure_control)
    positive("exposure_treatment", exposure_treatment)
    open_share("alpha", alpha)
    one_of("alternative", alternative, get_args(Alternative))
    control, treatment = events_control / exposure_control, events_treatment / exposure_treatment
    events = events_control + events_treatment
    if not events:
        return RateTest(0.0, 0.0, NAN, 1.0, (0.0, math.inf))
    share = exposure_treatment / (exposure_control + exposure_treatment)
    found = stats.binomtest(events_treatment, events, share, alternative=alternative)
    ends = found.proportion_ci(1 - alpha)
    low, high = (_odds(end) * exposure_control / exposure_treatment for end in ends)
    ratio = treatment / control if control else math.inf
    return RateTest(control, treatment, ratio, float(found.pvalue), (low, high))


def _odds(share: float) -> float:
    return float(share / (1 - share)) if share < 1 else math.inf
