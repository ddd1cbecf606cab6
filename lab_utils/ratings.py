"""The film ratings in `data/`: what users did later, and what the models looked like before."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from lab_utils.paths import DATA

LIKED = 4.0
"""Stars from which on a later rating counts as a success."""


def liked_films(path: Path = DATA / "future" / "ratings.csv.gz") -> dict[str, frozenset[int]]:
    """For every user the films that they rated `LIKED` or more afterwards; may be none.

    Returns:
        User id to film ids; every user of the data is a key.
    """
    future = pd.read_csv(path, dtype={"user_id": str})
    liked = future[future["rating"] >= LIKED].groupby("user_id")["movie_id"].agg(frozenset)
    return {user: liked.get(user, frozenset()) for user in future["user_id"].unique()}


def offline_figures() -> pd.DataFrame:
    """What each team could show before the test, measured on the future; see data/README.md.

    Returns:
        One row per model; NaN where a model has no such figure.
    """
    return pd.read_csv(DATA / "offline.csv").set_index("model")
