import numpy as np
from recommender_b.train import SEED, STARS
from surprise import SVD, Dataset, Reader


def test_scoring_all_films_at_once_is_what_surprise_predicts_one_by_one(model, ratings):
    columns = (ratings.users, ratings.movies, ratings.values, ratings.values)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    svd = SVD(random_state=SEED)
    svd.fit(Dataset(Reader(rating_scale=STARS)).construct_trainset(rows))
    films = range(len(ratings.movie_ids))
    expected = [svd.predict(4, film, clip=False).est for film in films]
    np.testing.assert_allclose(model.scores(ratings.user_ids[4]), expected, atol=1e-5)
