import gzip

import pytest
from serving import RecommenderError
from serving.ratings import read_ratings


def write_ratings(folder, text):
    with gzip.open(folder / "ratings.csv.gz", "wt") as file:
        file.write(text)


def test_users_films_and_ratings_line_up(tmp_path):
    write_ratings(tmp_path, "user_id,movie_id,rating,timestamp\n9,5,4.0,1\n10,3,0.5,2\n9,3,2.5,3\n")
    (tmp_path / "movies.csv").write_text(
        'movie_id,title,year,genres\n5,"Fly, The (1986)",1986,Horror\n', encoding="utf-8"
    )
    ratings = read_ratings(tmp_path)
    assert ratings.user_ids == ("9", "10")
    assert ratings.movie_ids.tolist() == [3, 5]
    assert ratings.titles == ("Film 3", "Fly, The (1986)")
    assert ratings.users.tolist() == [0, 0, 1]
    assert ratings.movies.tolist() == [1, 0, 0]
    assert ratings.values.tolist() == [4.0, 2.5, 0.5]


def test_a_missing_file_is_named_with_its_folder_and_setting(tmp_path):
    with pytest.raises(RecommenderError, match=r"no ratings\.csv\.gz in .*LAB_DATA"):
        read_ratings(tmp_path)


def test_a_file_that_is_no_gzip_cannot_be_read(tmp_path):
    (tmp_path / "ratings.csv.gz").write_text("user_id,movie_id\n")
    with pytest.raises(RecommenderError, match="cannot be read"):
        read_ratings(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "user,movie\n1,2\n",
        "user_id,movie_id,rating\n1,x,3\n",
        "user_id,movie_id,rating\n1,2\n",
    ],
)
def test_rows_of_another_form_are_refused(tmp_path, text):
    write_ratings(tmp_path, text)
    with pytest.raises(RecommenderError, match="another form"):
        read_ratings(tmp_path)


def test_a_file_without_rows_is_refused(tmp_path):
    write_ratings(tmp_path, "user_id,movie_id,rating,timestamp\n")
    with pytest.raises(RecommenderError, match="nothing to learn"):
        read_ratings(tmp_path)
