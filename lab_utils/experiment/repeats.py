"""Repeated visits: how much evidence the visits of few users are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lab_utils.experiment.arguments import at_least, numbered, positive, values_of
from lab_utils.experiment.errors import BadArgument


def design_effect(visits_per_user: float, icc: float, cv: float = 0.0) -> float:
    """By what factor repeated visits blow up the variance: 1 + (m - 1) ICC.

    Kish (1965); with unequal numbers of visits 1 + ((1 + cv^2) m - 1) ICC (Eldridge, Ashby &
    Kerry 2006). Visits divided by this are the independent visits they are worth.

    >>> round(design_effect(40, 0.05), 2)
    2.95

    Args:
        visits_per_user: mean visits of a user, at least 1.
        icc: intraclass correlation, how alike two visits of one user are: 0 not at all, 1 same.
        cv: standard deviation of visits per user, divided by their mean.

    Raises:
        BadArgument: fewer than one visit, an ICC outside -1 to 1, a negative cv or effect.
    """
    at_least("visits_per_user", visits_per_user, 1), at_least("cv", cv, 0)
    if not -1 <= icc <= 1:
        raise BadArgument(f"icc is {icc}", "give an intraclass correlation between -1 and 1")
    return positive("the design effect", 1 + ((1 + cv**2) * visits_per_user - 1) * icc)


def intraclass_correlation(values: ArrayLike, users: ArrayLike) -> float:
    """How alike the visits of one user are: the analysis-of-variance estimate.

    Donner & Klar (2000), eq. 1.3 with their mean cluster size; can be a little below 0 where
    users do not differ.

    >>> round(intraclass_correlation([1, 1, 0, 0], ["ann", "ann", "bob", "bob"]), 2)
    1.0

    Args:
        values: shape (visits,), the outcome of each visit.
        users: shape (visits,), whose visit it was.

    Raises:
        BadArgument: fewer than two users, nobody with a second visit, values that never vary.
    """
    seen = values_of("values", values, 3)
    (codes, k), n = numbered(users), seen.size
    if codes.size != n or k < 2 or k == n:
        found = f"{n} values of {codes.size} visits by {k} users"
        raise BadArgument(found, "give one user a value, two users or more, some with repeats")
    counts = np.bincount(codes)
    means = np.bincount(codes, seen) / counts
    between = (counts * (means - seen.mean()) ** 2).sum() / (k - 1)
    within = ((seen - means[codes]) ** 2).sum() / (n - k)
    size = (n - (counts**2).sum() / n) / (k - 1)
    spread = positive("the variance of the values", between + (size - 1) * within)
    return float((between - within) / spread)
