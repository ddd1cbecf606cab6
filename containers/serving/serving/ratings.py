"""The ratings a model learns from."""

from __future__ import annotations

import csv
import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from serving import RecommenderError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

Row = TypeVar("Row")


@dataclass(frozen=True, eq=False)
class Ratings:
    """N ratings that U users gave M films.

    Attributes:
        user_ids: (U,) in the order of the file.
        movie_ids: (M,) ascending; films nobody rated are left out.
        titles: (M,) of the same films.
        users: (N,) each rating's position in `user_ids`, ascending.
        movies: (N,) each rating's position in `movie_ids`.
        values: (N,) the ratings themselves, 0.5 to 5 stars.
    """

    user_ids: tuple[str, ...]
    movie_ids: NDArray[np.int32]
    titles: tuple[str, ...]
    users: NDArray[np.int32]
    movies: NDArray[np.int32]
    values: NDArray[np.float64]


def read_ratings(folder: Path) -> Ratings:
    """Read `ratings.csv.gz` and `movies.csv` of a folder.

    Raises:
        RecommenderError: if a file is missing, cannot be read or has a row of another form.
    """
    rows = _rows(
        folder / "ratings.csv.gz",
        lambda row: (row["user_id"], int(row["movie_id"]), float(row["rating"])),
    )
    titles = dict(_rows(folder / "movies.csv", lambda row: (int(row["movie_id"]), row["title"])))
    position = {user: index for index, user in enumerate(dict.fromkeys(row[0] for row in rows))}
    rows.sort(key=lambda row: position[row[0]])
    movie_ids, movies = np.unique([movie for _, movie, _ in rows], return_inverse=True)
    return Ratings(
        user_ids=tuple(position),
        movie_ids=movie_ids.astype(np.int32),
        titles=tuple(titles.get(movie, f"Film {movie}") for movie in movie_ids.tolist()),
        users=np.array([position[user] for user, _, _ in rows], dtype=np.int32),
        movies=movies.astype(np.int32),
        values=np.array([value for _, _, value in rows]),
    )


def _rows(path: Path, parse: Callable[[dict[str, str]], Row]) -> list[Row]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            rows = [parse(row) for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise RecommenderError(
            f"There is no {path.name} in {path.parent}. Training reads the past from the folder"
            " LAB_DATA names: mount the lab's data/past there, or set LAB_DATA to it."
        ) from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise RecommenderError(f"{path} cannot be read: {error}.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise RecommenderError(
            f"{path} has a row of another form than expected ({error!r}). ratings.csv.gz has"
            " user_id, movie_id, rating, timestamp; movies.csv has movie_id, title, year, genres."
        ) from error
    if not rows:
        raise RecommenderError(f"{path} holds no rows: there is nothing to learn from.")
    return rows
