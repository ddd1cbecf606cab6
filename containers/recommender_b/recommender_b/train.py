"""Learning a model from ratings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from recommender_b.model import Model

# Surprise makes a data folder when imported, in the home folder unless told otherwise.
os.environ.setdefault("SURPRISE_DATA_FOLDER", str(Path(tempfile.gettempdir()) / "surprise"))

from surprise import SVD, Dataset, Reader

if TYPE_CHECKING:
    from serving.ratings import Ratings

SEED = 0
STARS = (0.5, 5)


def fit(ratings: Ratings) -> Model:
    """Fit Surprise's SVD: 100 factors, 20 rounds of stochastic gradient descent.

    Source: Koren, Bell and Volinsky (2009), Matrix factorization techniques for recommender
    systems.
    """
    columns = (ratings.users.tolist(), ratings.movies.tolist(), ratings.values.tolist())
    rows = [(user, movie, value, None) for user, movie, value in zip(*columns, strict=True)]
    # The rows are at hand already; Surprise's own loaders want a file or a DataFrame.
    known = Dataset(Reader(rating_scale=STARS)).construct_trainset(rows)
    svd = SVD(random_state=SEED).fit(known)
    users = [known.to_inner_uid(user) for user in range(len(ratings.user_ids))]
    movies = [known.to_inner_iid(movie) for movie in range(len(ratings.movie_ids))]
    return Model.learnt_from(
        ratings,
        mean=np.array(known.global_mean),
        user_biases=svd.bu[users],
        movie_biases=svd.bi[movies],
        user_factors=svd.pu[users].astype(np.float32),
        movie_factors=svd.qi[movies].astype(np.float32),
    )
