import gzip

import pandas as pd
import pytest

from lab_utils import ratings
from lab_utils.errors import LabError
from lab_utils.paths import DATA


def test_every_user_is_there_even_one_who_liked_nothing_later():
    liked = ratings.liked_films()
    past = pd.read_csv(DATA / "past" / "ratings.csv.gz", dtype={"user_id": str})
    assert set(liked) == set(past["user_id"])
    assert sum(map(bool, liked.values())) < len(liked)


def test_four_stars_are_liked_and_less_is_not(tmp_path):
    lines = "user_id,movie_id,rating,timestamp\n7,1,4.0,1\n7,2,3.5,2\n7,3,5.0,3\n8,1,1.0,1\n"
    (tmp_path / "ratings.csv").write_text(lines)
    liked = ratings.liked_films(tmp_path / "ratings.csv")
    assert liked == {"7": frozenset({1, 3}), "8": frozenset()}


def test_the_past_of_a_user_is_how_much_they_rated_and_liked(tmp_path):
    lines = "user_id,movie_id,rating,timestamp\n7,1,4.0,1\n7,2,3.5,2\n7,3,5.0,3\n8,1,1.0,1\n"
    (tmp_path / "ratings.csv").write_text(lines)
    past = ratings.past_by_user(tmp_path / "ratings.csv")
    assert past.to_dict("index") == {
        "7": {"ratings": 3, "liked": 2},
        "8": {"ratings": 1, "liked": 0},
    }


def test_every_visitor_has_a_past():
    assert set(ratings.past_by_user().index) == set(ratings.liked_films())


def test_the_better_star_guesser_is_the_worse_ranker():
    figures = ratings.offline_figures().set_index("variant")
    assert figures.loc["b", "rmse"] < figures.loc["a", "rmse"]
    assert figures.loc["b", "hit_rate_at_10"] < figures.loc["a", "hit_rate_at_10"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "there is no such file"),
        (b"", "cannot be read"),
        (b"user,film\n1,2\n", "cannot be read"),
        (gzip.compress(b"user_id,movie_id,rating\n" * 999)[:40], "cannot be read"),
        (b"no archive", "cannot be read"),
    ],
)
def test_a_future_that_cannot_be_read_is_a_lesson(tmp_path, content, found):
    path = tmp_path / "ratings.csv.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LabError, match=found) as caught:
        ratings.liked_films(path)
    assert "git restore data" in caught.value.next_step


def test_a_past_that_is_missing_is_named_before_anybody_needs_it(tmp_path):
    (tmp_path / "past").mkdir()
    (tmp_path / "past" / "ratings.csv.gz").touch()
    with pytest.raises(LabError, match=r"movies\.csv"):
        ratings.demand(tmp_path)


def test_what_came_with_the_lab_is_enough():
    ratings.demand()
