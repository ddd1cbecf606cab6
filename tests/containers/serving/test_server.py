import logging
import socket

import pytest
from serving import RecommenderError
from serving.server import is_worth_a_line, load_app, require_free_port, serve
from serving.settings import Settings


def settings_in(folder, recommender):
    environment = {"LAB_HOST": "127.0.0.1", "LAB_MODEL": str(folder), "LAB_DATA": "nowhere"}
    return Settings.from_environment(environment, recommender)


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_somebody_listens_on_is_refused(taken):
    with pytest.raises(RecommenderError, match=f"{taken}.*LAB_PORT"):
        require_free_port("127.0.0.1", taken)


def test_serving_without_a_model_says_to_train_first(recommender, tmp_path):
    with pytest.raises(RecommenderError, match=f"Train one first.*{recommender.package} train"):
        serve(recommender, settings_in(tmp_path, recommender))


def test_the_application_is_loaded_from_the_model_file_alone(recommender, model, tmp_path):
    settings = settings_in(tmp_path, recommender)
    model.save(settings.model_file)
    assert callable(load_app(recommender, settings))


@pytest.mark.parametrize(
    ("path", "status", "logged"),
    [
        ("/recommend/17", 200, True),
        ("/healthz", 200, False),
        ("/healthz", 503, True),
        ("/healthz/17", 200, True),
    ],
)
def test_a_health_check_that_found_us_well_is_not_worth_a_line(path, status, logged):
    about = ({"path": path, "status": status},)
    record = logging.LogRecord("granian.access", logging.INFO, "", 0, "%(path)s", about, None)
    assert is_worth_a_line(record) is logged
