import socket

from serving.healthcheck import is_healthy
from serving.recommender import Recommender
from serving.settings import Settings


def test_a_server_that_is_not_there_is_not_healthy():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        environment = {"LAB_HOST": "127.0.0.1", "LAB_PORT": str(unused.getsockname()[1])}
        settings = Settings.from_environment(environment, Recommender("recommender_x", "x"))
        assert not is_healthy(settings)
