import dataclasses

import numpy as np
import pytest
import serving.model
from serving import RecommenderError


@dataclasses.dataclass(frozen=True, eq=False)
class Model(serving.model.Model):
    """Scores that everybody gets, (M,)."""

    likes: np.ndarray

    name = "the same for all"

    def score_films(self, user):
        return self.likes


@pytest.fixture(scope="module")
def model(ratings):
    likes = np.random.default_rng(1).normal(size=len(ratings.movie_ids))
    return Model.learnt_from(ratings, likes=likes)


def movie_ids(model, user, n):
    return [movie["movie_id"] for movie in model.recommend(user, n)]


def test_a_user_is_never_recommended_a_film_they_rated(model, ratings):
    for user, user_id in enumerate(ratings.user_ids):
        rated = set(ratings.movie_ids[ratings.movies[ratings.users == user]].tolist())
        assert rated
        assert not rated & set(movie_ids(model, user_id, 100))


def test_recommending_leaves_what_was_learnt_as_it_is(model):
    before = model.likes.copy()
    model.recommend("1", 10)
    np.testing.assert_array_equal(model.likes, before)


def test_best_films_come_first_and_fewer_wanted_are_the_same_ones(model):
    everything = model.recommend("1", 100)
    scores = [movie["score"] for movie in everything]
    assert scores == sorted(scores, reverse=True)
    assert model.recommend("1", 5) == everything[:5]


def test_scores_that_differ_in_their_last_bits_are_a_tie(model):
    noise = np.linspace(0, 1e-9, len(model.likes))
    recommended = movie_ids(dataclasses.replace(model, likes=noise), "1", 6)
    assert recommended == sorted(recommended)


def test_a_tie_goes_to_the_lower_movie_id(model):
    flat = dataclasses.replace(model, likes=np.zeros_like(model.likes))
    recommended = movie_ids(flat, "1", 6)
    assert len(recommended) == 6
    assert recommended == sorted(recommended)


def test_an_unknown_user_has_no_scores(model):
    with pytest.raises(KeyError):
        model.scores("nobody")


def test_somebody_who_rated_everything_is_recommended_nothing(model):
    films = len(model.movie_ids)
    ends = np.array([0] + [films] * len(model.user_ids), dtype=np.int32)
    full = dataclasses.replace(model, rated=np.arange(films, dtype=np.int32), rated_from=ends)
    assert full.recommend("1", 10) == []


def test_a_saved_model_recommends_the_same_and_leaves_nothing_else_behind(model, tmp_path):
    path = tmp_path / "made" / "model.npz"
    model.save(path)
    assert Model.load(path).recommend("3", 20) == model.recommend("3", 20)
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_model_says_to_train_first(tmp_path):
    with pytest.raises(RecommenderError, match=r"no model at .*Train one first"):
        Model.load(tmp_path / "model.npz")


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04 torn"])
def test_a_damaged_model_says_to_train_again(tmp_path, content):
    (tmp_path / "model.npz").write_bytes(content)
    with pytest.raises(RecommenderError, match="Train it again"):
        Model.load(tmp_path / "model.npz")


def test_a_model_of_another_version_says_to_train_again(tmp_path):
    np.savez_compressed(tmp_path / "model.npz", other=np.zeros(3))
    with pytest.raises(RecommenderError, match="Train it again"):
        Model.load(tmp_path / "model.npz")


def test_a_folder_that_cannot_be_written_to_is_named(model, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RecommenderError, match=r"cannot be written to .*LAB_MODEL"):
        model.save(tmp_path / "file" / "model.npz")
