"""The contract that both recommenders keep, asked through WSGI, which both speak."""

import pytest
from werkzeug.test import Client


@pytest.fixture(scope="module")
def client(recommender, model):
    return Client(recommender.create_app(model, recommender.variant))


def test_a_recommendation_has_the_agreed_form(recommender, client, model):
    response = client.get("/recommend/7?n=3")
    assert response.status_code == 200
    assert response.get_json() == {
        "user_id": "7",
        "variant": recommender.variant,
        "model": model.name,
        "movies": model.recommend("7", 3),
    }


def test_ten_films_are_the_default(client):
    assert len(client.get("/recommend/1").get_json()["movies"]) == 10


@pytest.mark.parametrize("n", ["0", "101", "-1", "1.5", "ten", "", "٣", "9" * 5000])
def test_a_bad_n_is_refused_and_the_allowed_is_said(client, n):
    response = client.get("/recommend/1", query_string={"n": n})
    assert response.status_code == 400
    assert "1 to 100" in response.get_json()["error"]


def test_an_unknown_user_is_not_found(client):
    response = client.get("/recommend/nobody")
    assert response.status_code == 404
    assert "'nobody' is unknown" in response.get_json()["error"]


@pytest.mark.parametrize("path", ["/nowhere", "/recommend", "/recommend/", "/recommend/1/2"])
def test_an_unknown_route_names_those_there_are(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "/recommend/<user_id>" in response.get_json()["error"]


def test_another_method_is_refused_in_json(client):
    response = client.post("/recommend/1")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert response.get_json()["error"]


def test_a_failure_of_ours_is_told_in_json(client, model, monkeypatch):
    monkeypatch.setattr(type(model), "recommend", lambda *_: 1 / 0)
    response = client.get("/recommend/1")
    assert response.status_code == 500
    assert response.get_json()["error"]


def test_health_tells_the_model_and_its_users(client, model):
    body = client.get("/healthz").get_json()
    assert (body["status"], body["model"], body["users"]) == ("ok", model.name, 12)


def test_the_root_names_the_server(recommender, client):
    assert client.get("/").get_json()["server"] == recommender.name


def test_nobody_is_recommended_a_film_they_rated(client, ratings):
    for user, user_id in enumerate(ratings.user_ids):
        rated = set(ratings.movie_ids[ratings.movies[ratings.users == user]].tolist())
        movies = client.get(f"/recommend/{user_id}?n=100").get_json()["movies"]
        assert rated
        assert not rated & {movie["movie_id"] for movie in movies}
