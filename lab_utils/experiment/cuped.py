"""Less noise from what was known before: CUPED and ANCOVA.

Both take out of the outcome what a covariate explains. The covariate has to be from before the
treatment began; one that the treatment can move takes a part of the effect out as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab_utils.experiment.arguments import open_share, values_of
from lab_utils.experiment.comparison import Interval
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.means import MeanTest, Sample, welch_test

Array = NDArray[np.float64]

Pair = tuple[ArrayLike, ArrayLike]
"""Outcome and covariate of a group's users, both of shape (users,)."""


@dataclass(frozen=True)
class Cuped:
    """A difference with a covariate taken out.

    Attributes:
        theta: what one unit of the covariate is worth in the outcome.
        adjusted: the test of the adjusted outcome.
        unadjusted: Welch's test of the outcome as it is.
        control: the control's adjusted outcome.
        treatment: the treatment's.
    """

    theta: float
    adjusted: MeanTest
    unadjusted: MeanTest
    control: Sample
    treatment: Sample

    @property
    def variance_removed(self) -> float:
        """The part of the squared standard error that is gone; a little below 0 by chance."""
        return 1 - (self.adjusted.std_error / self.unadjusted.std_error) ** 2


def cuped_test(control: Pair, treatment: Pair, alpha: float = 0.05) -> Cuped:
    """Welch's test of y - theta (x - mean x), with theta = cov / var over all users together.

    Deng, Xu, Kohavi & Walker (2013), eq. 4. Theta over both groups mixes the slope within them
    with the difference between them: with a covariate from before the treatment that fades as
    users grow; in small groups it can differ from `ancova_test`'s slope even in sign.

    >>> found = cuped_test(([1, 2, 3, 4.5], [1, 2, 3, 4]), ([2, 3, 4, 5.5], [1, 2, 3, 4]))
    >>> found.variance_removed > 0.8
    True

    Args:
        control: outcome and covariate of the control's users.
        treatment: the same for the treatment group.
        alpha: one minus the confidence of the interval.

    Raises:
        BadArgument: outcomes and covariates of different number, fewer than two users, a
            covariate that never varies, values that are no numbers, alpha outside 0 to 1.
    """
    (y_old, x_old), (y_new, x_new) = _pair("control", control), _pair("treatment", treatment)
    x = np.concatenate([x_old, x_new])
    theta = _slope(np.concatenate([y_old, y_new]), x)
    old, new = (Sample.of(y - theta * (z - x.mean())) for y, z in ((y_old, x_old), (y_new, x_new)))
    plain = welch_test(Sample.of(y_old), Sample.of(y_new), alpha)
    return Cuped(theta, welch_test(old, new, alpha), plain, old, new)


@dataclass(frozen=True)
class Ancova:
    """A difference from a regression on group and covariate.

    Attributes:
        slope: what one unit of the covariate is worth within a group.
        difference: treatment minus control at equal covariates.
        std_error: of `difference`.
        df: users minus 3.
        p_value: two-sided, of no difference.
        interval: confidence interval of `difference`.
    """

    slope: float
    difference: float
    std_error: float
    df: float
    p_value: float
    interval: Interval


def ancova_test(control: Pair, treatment: Pair, alpha: float = 0.05) -> Ancova:
    """Analysis of covariance: least squares of the outcome on group and covariate.

    Fisher (1932). One slope and one spread for both groups; where group sizes and spreads
    differ much prefer `cuped_test`.

    >>> found = ancova_test(([1, 2, 3, 4.5], [1, 2, 3, 4]), ([2, 3, 4, 5.5], [1, 2, 3, 4]))
    >>> round(found.difference, 6), round(found.slope, 2)
    (1.0, 1.15)

    Args:
        control: outcome and covariate of the control's users.
        treatment: the same for the treatment group.
        alpha: one minus the confidence of the interval.

    Raises:
        BadArgument: as for `cuped_test`; a covariate that never varies within a group.
    """
    # not at the top: it is slow to load, and a verdict without a covariate needs nothing of it
    from statsmodels.regression.linear_model import OLS

    (y_old, x_old), (y_new, x_new) = _pair("control", control), _pair("treatment", treatment)
    y, x = np.concatenate([y_old, y_new]), np.concatenate([x_old, x_new])
    _slope(y, x)
    if not np.ptp(x_old) and not np.ptp(x_new):
        found = "the covariate varies between the groups only"
        raise BadArgument(found, "choose one that tells users of a group apart")
    group = np.repeat([0.0, 1.0], [y_old.size, y_new.size])
    fit = OLS(y, np.column_stack([np.ones(y.size), group, x])).fit()
    low, high = fit.conf_int(open_share("alpha", alpha))[1]
    return Ancova(
        slope=float(fit.params[2]),
        difference=float(fit.params[1]),
        std_error=float(fit.bse[1]),
        df=float(fit.df_resid),
        p_value=float(fit.pvalues[1]),
        interval=(float(low), float(high)),
    )


def _pair(name: str, group: Pair) -> tuple[Array, Array]:
    outcome = values_of(f"{name}'s outcome", group[0], 2)
    covariate = values_of(f"{name}'s covariate", group[1], 2)
    if outcome.size != covariate.size:
        found = f"{name} has {outcome.size} outcomes and {covariate.size} covariates"
        raise BadArgument(found, "give both of every user; 0 for users without a past")
    return outcome, covariate


def _slope(outcome: Array, covariate: Array) -> float:
    if np.ptp(covariate) == 0:
        raise BadArgument("the covariate never varies", "choose one that tells users apart")
    covariance = np.cov(outcome, covariate)
    return float(covariance[0, 1] / covariance[1, 1])
