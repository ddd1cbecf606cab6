"""What the formulas may be given; anything else is refused by name before it becomes a NaN."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lab_utils.experiment.errors import BadArgument

Array = NDArray[np.float64]


def open_share(name: str, value: float) -> float:
    """The value, if it lies strictly between 0 and 1; else `BadArgument`."""
    if not 0 < value < 1:
        raise BadArgument(f"{name} is {value}", "give a share strictly between 0 and 1")
    return value


def positive(name: str, value: float) -> float:
    """The value, if it is finite and above 0; else `BadArgument`."""
    if not (value > 0 and math.isfinite(value)):
        raise BadArgument(f"{name} is {value}", "give a finite number above 0")
    return value


def at_least(name: str, value: float, fewest: float) -> float:
    """The value, if it is finite and `fewest` or more; else `BadArgument`."""
    if not (value >= fewest and math.isfinite(value)):
        raise BadArgument(f"{name} is {value}", f"give a finite number of {fewest:g} or more")
    return value


def whole(name: str, value: float, fewest: int = 0) -> int:
    """The value, if it is a whole number of `fewest` or more; else `BadArgument`."""
    if not (math.isfinite(value) and value >= fewest and value % 1 == 0):
        raise BadArgument(f"{name} is {value}", f"give a whole number of {fewest} or more")
    return int(value)


def one_of(name: str, value: object, allowed: Sequence[str]) -> None:
    """`BadArgument` unless the value is a word that is known: a slip is no choice."""
    if value not in allowed:
        raise BadArgument(f"{name} is {value!r}", f"give one of {', '.join(map(repr, allowed))}")


def successes_of(successes: float, n: float) -> None:
    """`BadArgument` unless there is at least one trial and 0 to n successes, in whole numbers."""
    if not (n >= 1 and 0 <= successes <= n and math.isfinite(n)) or successes % 1 or n % 1:
        found = f"{successes} successes of {n}"
        raise BadArgument(found, "give at least one trial, and between 0 and all of them successes")


def values_of(name: str, values: ArrayLike, fewest: int = 1) -> NDArray[np.float64]:
    """The values as an array of shape (n,); `BadArgument` for text, NaN, infinity or too few."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise BadArgument(f"{name} are no numbers: {error}", "give one number each") from error
    if array.ndim != 1 or array.size < fewest:
        found = f"{name} has shape {array.shape}"
        raise BadArgument(found, f"give one row of {fewest} or more values")
    bad = int((~np.isfinite(array)).sum())
    if bad:
        found = f"{bad:,} of {array.size:,} values of {name} are not finite numbers"
        raise BadArgument(found, "decide what a missing value means before comparing")
    return array


def numbered(users: ArrayLike) -> tuple[NDArray[np.int64], int]:
    """The number of each value's user, in the order of their names, and how many they are.

    `BadArgument` where a user is missing.
    """
    codes, names = pd.factorize(pd.Series(users), sort=True)
    missing = int((codes < 0).sum())
    if missing:
        raise BadArgument(
            f"{missing:,} of {codes.size:,} users are missing", "leave these rows out"
        )
    return codes.astype(np.int64), len(names)
