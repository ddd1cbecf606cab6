"""Learning a model from ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD

from recommender_a.model import Model

if TYPE_CHECKING:
    from serving.ratings import Ratings

FACTORS = 20
SEED = 0


def fit(ratings: Ratings) -> Model:
    """Factorise the users-by-films table, ratings not given counting as zeros (PureSVD).

    Source: Cremonesi, Koren and Turrin (2010), Performance of recommender algorithms on top-N
    recommendation tasks.
    """
    shape = (len(ratings.user_ids), len(ratings.movie_ids))
    table = csr_matrix((ratings.values, (ratings.users, ratings.movies)), shape=shape)
    svd = TruncatedSVD(n_components=min(FACTORS, *shape), random_state=SEED)
    user_factors = svd.fit_transform(table)
    return Model.learnt_from(
        ratings,
        user_factors=user_factors.astype(np.float32),
        movie_factors=svd.components_.T.astype(np.float32),
    )
