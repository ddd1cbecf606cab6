import numpy as np
from recommender_b.train import SEED, STARS, fit
from surprise import SVD, Dataset, Reader


def test_the_same_ratings_give_the_same_file_to_the_byte(ratings, tmp_path):
    for name in ("one.npz", "other.npz"):
        fit(ratings).save(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


def test_users_and_films_are_those_of_the_ratings(model, ratings):
    assert tuple(model.users) == ratings.user_ids
    assert model.movie_ids.tolist() == ratings.movie_ids.tolist()
    assert tuple(model.titles.tolist()) == ratings.titles


def test_scoring_all_films_at_once_is_what_surprise_predicts_one_by_one(model, ratings):
    columns = (ratings.users, ratings.movies, ratings.values, ratings.values)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    svd = SVD(random_state=SEED)
    svd.fit(Dataset(Reader(rating_scale=STARS)).construct_trainset(rows))
    films = range(len(ratings.movie_ids))
    expected = [svd.predict(4, film, clip=False).est for film in films]
    np.testing.assert_allclose(model.scores(ratings.user_ids[4]), expected, atol=1e-5)
