import os
import platform
import subprocess
import sys

import pytest

from lab_utils import commands, docker_engine, engine_setup
from lab_utils.errors import LabError


@pytest.fixture
def no_engine(monkeypatch):
    def missing():
        raise docker_engine.EngineUnavailable("stopped", "nothing answers", "start it")

    monkeypatch.setattr(docker_engine, "find", missing)


def release(monkeypatch, **fields):
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: fields)


@pytest.mark.needs("docker")
def test_an_engine_that_answers_is_left_as_it_is():
    said = []
    assert engine_setup.up(said.append) == docker_engine.find()
    assert said[0].startswith("an engine answers already")


def test_it_needs_root_and_says_so(no_engine, monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(LabError, match="needs root") as caught:
        engine_setup.up(print)
    assert "sudo ./lab engine up" in caught.value.next_step


def test_elsewhere_docker_desktop_is_the_way(no_engine, monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    with pytest.raises(LabError, match="this is Darwin") as caught:
        engine_setup.up(print)
    assert "Docker Desktop" in caught.value.next_step


def test_another_linux_is_named(no_engine, monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    release(monkeypatch, ID="fedora", PRETTY_NAME="Fedora Linux 42")
    with pytest.raises(LabError, match="this is Fedora Linux 42"):
        engine_setup.up(print)


@pytest.mark.parametrize(
    ("family", "offered", "backports"),
    [("debian", False, True), ("debian", True, False), ("ubuntu", True, False)],
)
def test_only_a_debian_that_lacks_the_packages_gets_those_of_the_next(
    monkeypatch, tmp_path, family, offered, backports
):
    monkeypatch.setattr(engine_setup, "SOURCES", tmp_path / "next.sources")
    monkeypatch.setattr(engine_setup, "PREFERENCES", tmp_path / "next")
    monkeypatch.setattr(engine_setup.apt, "mirror", lambda: "http://mirror.example/debian/")
    monkeypatch.setattr(engine_setup.apt, "offers", lambda *_: offered)
    installed = []
    monkeypatch.setattr(engine_setup.apt, "run", lambda *words: installed.append(words))
    engine_setup._install(family, print)
    assert (tmp_path / "next.sources").exists() is backports
    assert installed[0][0] == "update"
    suite = "/trixie" if backports else ""
    wanted = [package + suite for package in engine_setup.PACKAGES[family]]
    assert [word for word in installed[-1][1:] if not word.startswith("-")] == wanted


@pytest.mark.parametrize("release", [{"ID": "debian"}, {"ID": "mint", "ID_LIKE": "ubuntu debian"}])
def test_relatives_of_debian_and_ubuntu_are_known(monkeypatch, release):
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    assert engine_setup._family() in engine_setup.PACKAGES


def test_the_next_debians_packages_upgrade_nothing_else(monkeypatch, tmp_path):
    monkeypatch.setattr(engine_setup, "SOURCES", tmp_path / "next.sources")
    monkeypatch.setattr(engine_setup, "PREFERENCES", tmp_path / "next")
    monkeypatch.setattr(engine_setup.apt, "mirror", lambda: "http://mirror.example/debian/")
    engine_setup._add_backports()
    assert "URIs: http://mirror.example/debian/" in (tmp_path / "next.sources").read_text()
    assert "Pin-Priority: 100" in (tmp_path / "next").read_text()


def test_stopping_touches_no_engine_that_was_not_started_here(monkeypatch, tmp_path):
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        pid_file = tmp_path / "dockerd.pid"
        pid_file.write_text(str(stranger.pid))
        monkeypatch.setattr(engine_setup, "PID_FILE", pid_file)
        said = []
        engine_setup.down(said.append)
        assert "nothing to stop" in said[0]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_engine_that_does_not_come_up_shows_the_end_of_its_log(no_engine, monkeypatch, tmp_path):
    log = tmp_path / "dockerd.log"
    log.write_text("starting\nfailed to start daemon: no space left on device\n")
    monkeypatch.setattr(engine_setup, "LOG_FILE", log)
    monkeypatch.setattr(engine_setup, "START_DEADLINE", 0)
    with pytest.raises(LabError, match="no space left on device"):
        engine_setup._wait(print)


@pytest.mark.needs("root", "docker")
def test_everything_an_engine_needs_is_installed_where_it_was_brought_up():
    if not commands.have("dockerd"):
        pytest.skip("this engine is Docker Desktop's or another host's")
    assert engine_setup._installed()
