"""What the training of both recommenders has in common."""


def test_the_same_ratings_give_the_same_file_to_the_byte(recommender, ratings, tmp_path):
    for name in ("one.npz", "other.npz"):
        recommender.fit(ratings).save(tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


def test_users_and_films_are_those_of_the_ratings(model, ratings):
    assert tuple(model.users) == ratings.user_ids
    assert model.movie_ids.tolist() == ratings.movie_ids.tolist()
    assert tuple(model.titles.tolist()) == ratings.titles
