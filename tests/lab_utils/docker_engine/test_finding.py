import socket

import pytest

from lab_utils import commands, docker_engine
from lab_utils.docker_engine import EngineUnavailable


@pytest.fixture
def no_engine(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")


def test_a_machine_without_docker_is_told_how_to_get_it(no_engine, monkeypatch):
    monkeypatch.setattr(commands, "have", lambda program: False)
    with pytest.raises(EngineUnavailable, match="no `docker` program") as caught:
        docker_engine.find()
    assert caught.value.reason == "missing"
    assert "./lab engine up" in caught.value.next_step


def test_a_stopped_engine_is_told_how_to_start(no_engine, monkeypatch):
    monkeypatch.setattr(commands, "have", lambda program: True)
    with pytest.raises(EngineUnavailable, match="nothing answers at") as caught:
        docker_engine.find()
    assert caught.value.reason == "stopped"
    assert "start that engine, or unset DOCKER_HOST" in caught.value.next_step


@pytest.mark.needs("posix")
def test_an_engine_without_permission_is_told_which_group(monkeypatch, tmp_path):
    def refuse(self, address):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(EngineUnavailable) as caught:
        docker_engine.find()
    assert caught.value.reason == "permission"
    assert "usermod -aG docker" in caught.value.next_step


@pytest.mark.parametrize("version", ["", "1.29.2"])
def test_compose_1_is_as_good_as_missing(monkeypatch, version):
    asked = commands.Completed(("docker", "compose"), 0 if version else 1, version, "")
    monkeypatch.setattr(commands, "have", lambda program: True)
    monkeypatch.setattr(commands, "run", lambda *_, **__: asked)
    with pytest.raises(EngineUnavailable, match="Compose 2 is missing") as caught:
        docker_engine.compose_command()
    assert caught.value.reason == "compose"


def test_the_standalone_compose_serves_where_the_plugin_is_missing(monkeypatch):
    def answer(words, **_):
        plugin = words[:2] == ["docker", "compose"]
        return commands.Completed(tuple(words), int(plugin), "" if plugin else "v2.26.1", "")

    monkeypatch.setattr(commands, "have", lambda program: True)
    monkeypatch.setattr(commands, "run", answer)
    assert docker_engine.compose_command() == (("docker-compose",), "2.26.1")


@pytest.mark.needs("docker")
def test_an_engine_that_answers_tells_its_versions():
    engine = docker_engine.find()
    assert engine.version == engine.client.version()["Version"]
    assert engine.compose_version.startswith("2.") or int(engine.compose_version.split(".")[0]) > 2


@pytest.mark.needs("docker")
def test_an_engine_without_compose_answers_who_needs_none(monkeypatch):
    monkeypatch.setattr(commands, "have", lambda program: False)
    monkeypatch.setenv("DOCKER_HOST", docker_engine.find(with_compose=False).address)
    assert docker_engine.find(with_compose=False).compose == ()
    with pytest.raises(EngineUnavailable, match="Compose 2 is missing"):
        docker_engine.find()
