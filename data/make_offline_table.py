"""Measure the recommenders on the future: `python data/make_offline_table.py`.

Each learns from `data/past` with the very code its image holds and is compared with what the same
users rated in `data/future`. The table goes to `data/offline.csv`, and where its numbers come from
to `data/offline.json`.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import recommender_a.train
import recommender_b.train
from serving.model import Model
from serving.ratings import Ratings, read_ratings

HERE: Final = Path(__file__).resolve().parent
SHOWN: Final = 10
"""How many films a user is shown."""

LIKED: Final = 4.0
"""Stars from which a film counts as liked."""

STARS: Final = (0.5, 5.0)
FIT_TIMES: Final = 3
PACKAGES: Final = ("numpy", "scipy", "scikit-learn", "scikit-surprise")
NOTE: Final = (
    "Learnt from data/past, compared with data/future."
    " rmse: over the future ratings of films the past knows, predictions clipped to 0.5 to 5 stars;"
    " the scores of a rank films and are no ratings: its rmse shows just that."
    " precision_at_10: the share of the ten recommended films that are liked, averaged over all"
    " users; hit_rate_at_10: the share of all users with at least one liked film among the ten;"
    " liked: 4 stars or more in the future. popularity: the most often rated films, a baseline."
    " fit_seconds and artefact_mb: on the machine named here, median of three fits."
)

FITS: Final[dict[str, Callable[[Ratings], Model]]] = {
    "a": recommender_a.train.fit,
    "b": recommender_b.train.fit,
}
Recommend = Callable[[str], list[int]]
"""From a user_id to the movie_ids of the films shown, best first."""


def read_future() -> pd.DataFrame:
    """Return the future ratings: user_id (a string), movie_id, rating (stars), timestamp (s)."""
    return pd.read_csv(HERE / "future" / "ratings.csv.gz", dtype={"user_id": str})


def ranking(recommend: Recommend, future: pd.DataFrame) -> dict[str, float]:
    """Return precision@10 and hit rate@10 over all users of the future, each 0 to 1."""
    liked = future[future["rating"] >= LIKED].groupby("user_id")["movie_id"].agg(set).to_dict()
    users = future["user_id"].unique().tolist()
    hits = np.array([len(liked.get(user, set()).intersection(recommend(user))) for user in users])
    return {
        "precision_at_10": float(hits.mean()) / SHOWN,
        "hit_rate_at_10": float((hits > 0).mean()),
    }


def rmse(model: Model, future: pd.DataFrame) -> float:
    """Return the root mean squared error in stars over the future ratings of known films."""
    known = future[future["movie_id"].isin(model.movie_ids)]
    squared = []
    for user, theirs in known.groupby("user_id"):
        rated = np.searchsorted(model.movie_ids, theirs["movie_id"].to_numpy())
        predicted = model.scores(str(user)).clip(*STARS)[rated]
        squared.append(np.square(predicted - theirs["rating"].to_numpy()))
    return float(np.sqrt(np.concatenate(squared).mean()))


def popularity(past: Ratings) -> Recommend:
    """Return the baseline: the films most users have rated, those this user rated left out."""
    counts = np.bincount(past.movies, minlength=len(past.movie_ids))
    by_count = past.movie_ids[np.argsort(-counts, kind="stable")].tolist()
    rated = pd.Series(past.movie_ids[past.movies]).groupby(np.array(past.user_ids)[past.users])
    seen = rated.agg(set).to_dict()

    def recommend(user: str) -> list[int]:
        unseen = (movie for movie in by_count if movie not in seen[user])
        return [movie for movie, _ in zip(unseen, range(SHOWN), strict=False)]

    return recommend


def accuracy() -> pd.DataFrame:
    """Return the figures that are the same on every machine, a row a model, by variant."""
    future = read_future()
    past = read_ratings(HERE / "past")
    rows: list[dict[str, str | float]] = [
        {
            "variant": variant,
            "model": model.name,
            "rmse": rmse(model, future),
            **ranking(shown_by(model), future),
        }
        for variant, model in ((name, fit(past)) for name, fit in FITS.items())
    ]
    baseline = ranking(popularity(past), future)
    rows.append({"variant": "-", "model": "popularity", **baseline})
    return pd.DataFrame(rows)


def shown_by(model: Model) -> Recommend:
    """Return what this model shows a user."""
    return lambda user: [movie["movie_id"] for movie in model.recommend(user, SHOWN)]


def costs() -> pd.DataFrame:
    """Return what each model costs on this machine: fit_seconds and artefact_mb."""
    past = read_ratings(HERE / "past")
    return pd.DataFrame([{"variant": variant, **cost(fit, past)} for variant, fit in FITS.items()])


def cost(fit: Callable[[Ratings], Model], past: Ratings) -> dict[str, float]:
    """Return the median seconds of a few fits and the size of the file in MB (10^6 bytes)."""
    seconds = []
    for _ in range(FIT_TIMES):
        started = time.perf_counter()
        model = fit(past)
        seconds.append(time.perf_counter() - started)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        model.save(path)
        size = path.stat().st_size
    return {"fit_seconds": statistics.median(seconds), "artefact_mb": size / 1e6}


def provenance() -> dict[str, object]:
    """Return where and with what the table was made."""
    return {
        "made_by": "python data/make_offline_table.py",
        "date": datetime.now(tz=UTC).date().isoformat(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "note": NOTE,
    }


def main() -> None:
    """Write the table and its provenance."""
    table = accuracy().merge(costs(), on="variant", how="left")
    table.to_csv(HERE / "offline.csv", index=False, float_format="%.4f", lineterminator="\n")
    text = json.dumps(provenance(), indent=2) + "\n"
    (HERE / "offline.json").write_text(text, encoding="utf-8", newline="\n")
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
