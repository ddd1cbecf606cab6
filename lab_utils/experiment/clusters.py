"""Rows that belong to users: regression with errors that are robust to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from lab_utils.experiment.arguments import numbered, open_share, values_of
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.means import MeanTest

Rows = tuple[ArrayLike, ArrayLike]
"""Values and the user of each, both of shape (rows,)."""


def cluster_robust_test(
    control: Rows, treatment: Rows, alpha: float = 0.05, *, correction: bool = False
) -> MeanTest:
    """Difference of means over rows, with errors clustered by user (Liang & Zeger 1986, CR0).

    The same estimate, and but for factors n / (n - 1) the same error, as the delta method on
    users' totals in `ratios.compare_ratios` (Deng, Knoblich & Lu 2018, section 3). With few
    users it errs on the narrow side; the correction (CR1, as Stata) mends a part of that.

    >>> rows = ([1, 0, 1, 1, 0, 0], ["a", "a", "b", "b", "c", "c"])
    >>> round(cluster_robust_test(rows, rows).std_error, 4)
    0.3333

    Args:
        control: values and users of the control's rows.
        treatment: values and users of the treatment's rows; users of the same name in both
            groups are taken for different ones.
        alpha: one minus the confidence of the interval.
        correction: whether the variance is multiplied for few users.

    Returns:
        The test, with Student's t of as many degrees of freedom as there are users less 1.

    Raises:
        BadArgument: values without a user each, fewer than two users in a group, rows that
            never vary, alpha outside 0 to 1.
    """
    from statsmodels.regression.linear_model import OLS  # not at the top: see `ancova_test`

    (y_old, u_old), (y_new, u_new) = _rows("control", control), _rows("treatment", treatment)
    users = np.concatenate([u_old, u_new + u_old.max() + 1])
    group = np.repeat([0.0, 1.0], [y_old.size, y_new.size])
    fit = OLS(np.concatenate([y_old, y_new]), np.column_stack([np.ones(group.size), group])).fit(
        cov_type="cluster", cov_kwds={"groups": users, "use_correction": correction}
    )
    difference, std_error = float(fit.params[1]), float(fit.bse[1])
    # where all are equal, rounding leaves a little above 0
    if not std_error > 1e-12 * max(np.abs(y_old).max(), np.abs(y_new).max()):
        raise BadArgument("no user differs from another", "choose a metric that can move")
    df = float(users.max())
    half = float(stats.t.isf(open_share("alpha", alpha) / 2, df)) * std_error
    statistic = difference / std_error
    p_value = float(2 * stats.t.sf(abs(statistic), df))
    return MeanTest(
        difference, std_error, statistic, df, p_value, (difference - half, difference + half)
    )


def _rows(name: str, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    values = values_of(f"{name}'s values", rows[0], 2)
    users, many = numbered(rows[1])
    if users.size != values.size or many < 2:
        found = f"{name} has {values.size} values of {users.size} rows by {many} users"
        raise BadArgument(found, "give the user of each row, and two users or more")
    return values, users
