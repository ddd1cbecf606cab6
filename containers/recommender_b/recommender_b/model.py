"""What the model has learnt, and how it scores films.

Serving needs NumPy alone; Surprise is for training.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import serving.model

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Model(serving.model.Model):
    """What U users and M films are like: a mean, a bias each, K factors each.

    Attributes:
        mean: () the mean of all ratings, in stars.
        user_biases: (U,) in stars.
        movie_biases: (M,) in stars.
        user_factors: (U, K).
        movie_factors: (M, K).
    """

    mean: NDArray[np.float64]
    user_biases: NDArray[np.float64]
    movie_biases: NDArray[np.float64]
    user_factors: NDArray[np.float32]
    movie_factors: NDArray[np.float32]

    name: ClassVar[str] = "SVD"

    def score_films(self, user: int) -> NDArray[np.float64]:
        """Predict a user's rating of all films at once: mean + b_u + b_i + q_i · p_u.

        The formula is Surprise's SVD (Koren, Bell and Volinsky, 2009), whose `predict` does one
        film a call. It is not clipped to 0.5 to 5 stars: films beyond would no longer be told
        apart.

        Returns:
            (M,) in stars, in the order of `movie_ids`.
        """
        factors = self.user_factors[user].astype(np.float64)
        biases = self.mean + self.user_biases[user] + self.movie_biases
        scores: NDArray[np.float64] = biases + self._movie_factors @ factors
        return scores

    @cached_property
    def _movie_factors(self) -> NDArray[np.float64]:
        return self.movie_factors.astype(np.float64)
