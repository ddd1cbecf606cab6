"""A small past, for the serving kit and for both recommenders."""

import csv
import gzip
import itertools

import pytest
from serving.ratings import read_ratings

USERS, FILMS = 12, 40


def rated_by(user):
    """Every user rates other films, some films nobody; the taste repeats, so it can be learnt."""
    return [film for film in range(1, FILMS) if (film * 7 + user * 3) % 5 < 2]


@pytest.fixture(scope="session")
def past(tmp_path_factory):
    """A folder with a small past of the lab's form."""
    folder = tmp_path_factory.mktemp("past")
    with gzip.open(folder / "ratings.csv.gz", "wt", newline="") as file:
        write = csv.writer(file).writerow
        write(["user_id", "movie_id", "rating", "timestamp"])
        for user, film in itertools.product(range(1, USERS + 1), range(1, FILMS)):
            if film in rated_by(user):
                write([user, film, 1 + (film + user) % 5, 1000 * user + film])
    with (folder / "movies.csv").open("w", newline="") as file:
        write = csv.writer(file).writerow
        write(["movie_id", "title", "year", "genres"])
        for film in range(1, FILMS):
            write([film, f"Film, the {film}th (2000)", 2000, "Drama"])
    return folder


@pytest.fixture(scope="session")
def ratings(past):
    return read_ratings(past)
