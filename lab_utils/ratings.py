"""The film ratings in `data/`: what users did later, and what the models looked like before."""

from __future__ import annotations

import zlib
from pathlib import Path

import pandas as pd

from lab_utils.errors import LabError
from lab_utils.paths import DATA

LIKED = 4.0
"""Stars from which on a later rating counts as a success."""

NEEDED = ("past/ratings.csv.gz", "past/movies.csv", "future/ratings.csv.gz")
"""What of `data/` the models learn from, and what settles an outcome."""


def demand(folder: Path = DATA) -> None:
    """Raise unless all that models and visitors need is there.

    Raises:
        LabError: it names what is missing.
    """
    if missing := [name for name in NEEDED if not (folder / name).is_file()]:
        raise _unreadable(folder / missing[0], "there is no such file")


def liked_films(path: Path = DATA / "future" / "ratings.csv.gz") -> dict[str, frozenset[int]]:
    """For every user the films that they rated `LIKED` or more afterwards; may be none.

    Returns:
        User id to film ids; every user of the data is a key.

    Raises:
        LabError: the file is missing, damaged, or of another form.
    """
    future = _read(path, ["user_id", "movie_id", "rating"]).astype({"user_id": str})
    liked = future[future["rating"] >= LIKED].groupby("user_id")["movie_id"].agg(frozenset)
    return {user: liked.get(user, frozenset()) for user in future["user_id"].unique()}


def past_by_user(path: Path = DATA / "past" / "ratings.csv.gz") -> pd.DataFrame:
    """What is known of each user from before the test; no variant can have moved it.

    Returns:
        Index user_id (text); `ratings`, how many films they rated, and `liked`, how many of
        those with `LIKED` stars or more.

    Raises:
        LabError: the file is missing, damaged, or of another form.
    """
    past = _read(path, ["user_id", "rating"]).astype({"user_id": str})
    stars = past.assign(liked=past["rating"] >= LIKED).groupby("user_id")
    return stars.agg(ratings=("rating", "size"), liked=("liked", "sum"))


def offline_figures() -> pd.DataFrame:
    """What each team could show before the test, measured on the future; see data/README.md.

    Returns:
        One row per model; NaN where a model has no such figure.

    Raises:
        LabError: the file is missing, damaged, or of another form.
    """
    return _read(DATA / "offline.csv").set_index("model")


def _read(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    try:
        return pd.read_csv(path, usecols=columns)
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file") from None
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise _unreadable(path, f"it cannot be read: {error}") from None


def _unreadable(path: Path, why: str) -> LabError:
    return LabError(
        f"reading the ratings in {path}",
        why,
        "bring back what came with the lab: `git restore data`, or unpack it again",
    )
