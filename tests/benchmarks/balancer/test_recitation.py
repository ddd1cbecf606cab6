import pytest

from benchmarks.balancer import recitation


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setitem(recitation.WEIGHTS, "127.0.0.1:1", 70)
    return recitation.app.test_client()


def test_without_a_backend_visitors_are_told(client, monkeypatch):
    monkeypatch.setattr(recitation, "is_there", lambda backend: False)
    assert client.get("/recommend/17").status_code == 503


def test_every_request_looks_at_the_backends_again(client, monkeypatch):
    asked = []
    monkeypatch.setattr(recitation, "is_there", asked.append)
    client.get("/recommend/17")
    client.get("/recommend/17")
    assert asked == ["127.0.0.1:1"] * 2
