import socket

import pytest
from recommender_a import RecommenderError
from recommender_a.healthcheck import is_healthy
from recommender_a.server import load_app, require_free_port, serve
from recommender_a.settings import Settings


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_somebody_listens_on_is_refused(taken):
    with pytest.raises(RecommenderError, match=f"{taken}.*LAB_PORT"):
        require_free_port("127.0.0.1", taken)


def test_serving_without_a_model_says_to_train_first(tmp_path):
    with pytest.raises(RecommenderError, match="Train one first"):
        serve(Settings(host="127.0.0.1", model=tmp_path))


def test_the_application_is_loaded_from_the_model_file_alone(model, tmp_path):
    settings = Settings(model=tmp_path, data=tmp_path / "nowhere")
    model.save(settings.model_file)
    assert callable(load_app(settings))


def test_a_server_that_is_not_there_is_not_healthy():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert not is_healthy(Settings(host="127.0.0.1", port=unused.getsockname()[1]))
