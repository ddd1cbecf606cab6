"""A trained model: whom and what it knows, what it recommends, how it is kept on disk.

How it scores films is what a team adds.
"""

from __future__ import annotations

import tempfile
import zipfile
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypedDict

import numpy as np

from serving import RecommenderError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from serving.ratings import Ratings

SCORE_DECIMALS = 6
"""Scores are rounded, so that machines whose last bits differ rank films alike."""


class Recommendation(TypedDict):
    """One recommended film."""

    movie_id: int
    title: str
    score: float


@dataclass(frozen=True, eq=False)
class Model(ABC):
    """Who the U users are, which films they rated, and the M films there are.

    A team's model is a dataclass that adds, as arrays, what it has learnt, and a name.

    Attributes:
        user_ids: (U,) strings.
        movie_ids: (M,) ascending.
        titles: (M,) strings.
        rated: (N,) positions of the films rated, user after user.
        rated_from: (U + 1,) where each user's stretch of `rated` begins; the last is N.
    """

    user_ids: NDArray[np.str_]
    movie_ids: NDArray[np.int32]
    titles: NDArray[np.str_]
    rated: NDArray[np.int32]
    rated_from: NDArray[np.int32]

    name: ClassVar[str]

    @classmethod
    def learnt_from(cls, ratings: Ratings, **learnt: NDArray[Any]) -> Self:
        """Return the model of these ratings' users and films that has learnt this about them."""
        ends = np.arange(len(ratings.user_ids) + 1)
        return cls(
            user_ids=np.array(ratings.user_ids),
            movie_ids=ratings.movie_ids,
            titles=np.array(ratings.titles),
            rated=ratings.movies,
            rated_from=np.searchsorted(ratings.users, ends).astype(np.int32),
            **learnt,
        )

    @cached_property
    def users(self) -> dict[str, int]:
        """Each user's position."""
        return {user: index for index, user in enumerate(self.user_ids.tolist())}

    @abstractmethod
    def score_films(self, user: int) -> NDArray[np.float64]:
        """Score all films for the user at this position.

        Returns:
            (M,) in the order of `movie_ids`; higher is better.
        """

    def scores(self, user_id: str) -> NDArray[np.float64]:
        """Score all films for one user.

        Returns:
            (M,) in the order of `movie_ids`, rounded to six decimals.

        Raises:
            KeyError: if the user is unknown.
        """
        return self.score_films(self.users[user_id]).round(SCORE_DECIMALS)

    def recommend(self, user_id: str, n: int) -> list[Recommendation]:
        """Return the n best films this user has not rated, best first, ties by lower movie_id.

        Fewer come back only where fewer are left.

        Raises:
            KeyError: if the user is unknown.
        """
        scores = self.scores(user_id)
        user = self.users[user_id]
        scores[self.rated[self.rated_from[user] : self.rated_from[user + 1]]] = -np.inf
        n = min(n, int(np.isfinite(scores).sum()))
        if n == 0:
            return []
        # Sorting only what reaches the n-th best score spares sorting thousands of films; the
        # sort is stable and films stand by movie_id, so the lower id wins a tie.
        reaching = np.flatnonzero(scores >= np.partition(scores, -n)[-n])
        best = reaching[np.argsort(-scores[reaching], kind="stable")][:n]
        return [
            {
                "movie_id": int(self.movie_ids[movie]),
                "title": str(self.titles[movie]),
                "score": float(scores[movie]),
            }
            for movie in best
        ]

    def save(self, path: Path) -> None:
        """Write the model to a file in one step: a reader sees the old one or the new one.

        Raises:
            RecommenderError: if the folder cannot be written to.
        """
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
                unfinished = Path(folder) / path.name
                np.savez_compressed(unfinished, **arrays)
                unfinished.replace(path)
        except OSError as error:
            raise RecommenderError(
                f"The model cannot be written to {path}: {error.strerror}. LAB_MODEL must name a"
                " folder this user may write to; in a container, a named volume."
            ) from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model that `save` wrote.

        Raises:
            RecommenderError: if there is none, or it is damaged or of another version.
        """
        try:
            with np.load(path) as arrays:
                return cls(**{field.name: arrays[field.name] for field in fields(cls)})
        except FileNotFoundError:
            raise RecommenderError(
                f"There is no model at {path}. Train one first, with the same LAB_MODEL:"
                f" `{cls._training()}`; in a container, the command `train`."
            ) from None
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise RecommenderError(
                f"{path} is not a model this version can read ({error}). Train it again:"
                f" `{cls._training()}`; in a container, the command `train`."
            ) from error

    @classmethod
    def _training(cls) -> str:
        """The command that writes such a model; the class stands in its team's package."""
        return f"python -m {cls.__module__.partition('.')[0]} train"
