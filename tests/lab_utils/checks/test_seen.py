"""What the judges of notebook 02 see of containers that are there."""

import pytest

from lab_utils import images
from lab_utils.checks import seen
from lab_utils.self_test import TEST_PROJECT

pytestmark = pytest.mark.needs("docker")

NAME = f"{TEST_PROJECT}-seen"


@pytest.fixture
def server(engine, monkeypatch):
    """Starts a server of a folder on port 8000 of a container, which is removed at the end."""
    monkeypatch.setattr(seen, "PROJECT", TEST_PROJECT)

    def start(folder):
        engine.client.containers.run(
            images.python_base(engine, print).name,
            ["python3", "-m", "http.server", "8000", "--directory", folder],
            name=NAME,
            detach=True,
            labels={"lab": TEST_PROJECT, "lab.lesson": "seen"},
        )

    yield start
    engine.remove_containers(f"lab={TEST_PROJECT}", "lab.lesson=seen")


def test_a_visit_from_beside_a_container_is_answered_though_no_port_is_published(server):
    server("/")
    assert seen.serves(NAME)


def test_an_app_that_fails_its_visitor_does_not_serve(server):
    server("/nowhere")
    assert not seen.serves(NAME)


def test_before_the_first_visit_none_is_counted(server):
    server("/")
    assert seen.visits(NAME) == (0, 0)
