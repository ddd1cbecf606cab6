from recommender_a.train import fit


def test_the_same_ratings_give_the_same_file_to_the_byte(ratings, tmp_path):
    for name in ("one.npz", "other.npz"):
        fit(ratings).save(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


def test_users_and_films_are_those_of_the_ratings(model, ratings):
    assert tuple(model.users) == ratings.user_ids
    assert model.movie_ids.tolist() == ratings.movie_ids.tolist()
    assert tuple(model.titles.tolist()) == ratings.titles


def test_films_a_user_rated_score_higher_than_others(model, ratings):
    rated = ratings.movies[ratings.users == 0]
    scores = model.scores(ratings.user_ids[0])
    assert scores[rated].mean() > scores.mean()
