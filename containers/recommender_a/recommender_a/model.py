"""What the model has learnt, and how it scores films.

Serving needs NumPy alone; scikit-learn is for training.
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
    """K factors for each of U users and M films; user · film is how much the two match.

    Attributes:
        user_factors: (U, K).
        movie_factors: (M, K).
    """

    user_factors: NDArray[np.float32]
    movie_factors: NDArray[np.float32]

    name: ClassVar[str] = "TruncatedSVD"

    def score_films(self, user: int) -> NDArray[np.float64]:
        """Score all films for a user: user factors · film factors, as in Cremonesi et al. (2010).

        Ratings not given count as zeros in training, so a score ranks films; it is no rating.

        Returns:
            (M,) in the order of `movie_ids`.
        """
        factors = self.user_factors[user].astype(np.float64)
        scores: NDArray[np.float64] = self._movie_factors @ factors
        return scores

    @cached_property
    def _movie_factors(self) -> NDArray[np.float64]:
        return self.movie_factors.astype(np.float64)
