from typing import ClassVar

import pytest

from lab_utils.ladder import recitation


class Answer:
    content = b"films"
    status_code = 200
    headers: ClassVar = {"Content-Type": "text/plain"}


@pytest.fixture(autouse=True)
def weights(monkeypatch):
    monkeypatch.setattr(recitation, "WEIGHTS", {"127.0.0.1:1": 70, "127.0.0.1:2": 30})


def client(look, ask=lambda *_: Answer):
    return recitation.make_app(recitation.forward_to(look, ask)).test_client()


def test_without_a_backend_visitors_are_told():
    assert client(lambda backend: False).get("/recommend/17").status_code == 503


def test_every_request_looks_at_both_backends_again():
    asked = []

    def look(backend):
        asked.append(backend)
        return True

    visitor = client(look)
    assert visitor.get("/recommend/17").data == b"films"
    visitor.get("/")
    assert asked == ["127.0.0.1:1", "127.0.0.1:2"] * 2


def test_a_backend_that_is_not_there_is_not_asked():
    urls = []

    def ask(method, url, body):
        urls.append(url)
        return Answer

    for _ in range(20):
        client(lambda backend: backend.endswith(":2"), ask).post("/x", data=b"y")
    assert set(urls) == {"http://127.0.0.1:2/x"}


@pytest.mark.needs("posix")
def test_a_program_tells_whether_something_listens():
    import socket

    from lab_utils.ports import free_port

    with socket.create_server(("127.0.0.1", 0)) as server:
        assert recitation.is_there(f"127.0.0.1:{server.getsockname()[1]}")
    assert not recitation.is_there(f"127.0.0.1:{free_port()}")
