import pytest

from lab_utils import docker_engine
from lab_utils.runtimes import Container, VirtualMachine
from lab_utils.self_test import TEST_PROJECT


@pytest.fixture(scope="session")
def runtime_project():
    """Containers and images of runtimes have a project of their own; all of it goes at the end."""
    with pytest.MonkeyPatch.context() as patch:
        name = f"{TEST_PROJECT}-runtimes"
        patch.setattr(docker_engine, "PROJECT", name)
        yield name
    docker_engine.find(with_compose=False).remove_all(name)


@pytest.fixture(scope="session")
def vm():
    """A tiny guest that is up, for all who leave it running."""
    with VirtualMachine("tiny") as running:
        yield running


@pytest.fixture(scope="session")
def container(runtime_project):
    """A tiny container that is up, for all who leave it running."""
    with Container("tiny") as running:
        yield running
