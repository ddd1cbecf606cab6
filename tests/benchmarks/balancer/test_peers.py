import tomllib

import pytest
from balancer import settings

from benchmarks.balancer import peers
from benchmarks.balancer.peers import PEERS, Place
from lab_utils import commands
from lab_utils.errors import LabError

BY_NAME = {peer.name: peer for peer in PEERS}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path, 4000, ("127.0.0.1:4001", "127.0.0.1:4002"))


@pytest.mark.parametrize("name", ["sticky", "weighted_random"])
def test_our_own_settings_are_accepted_and_log_events(name, place):
    table = tomllib.loads(peers.render(BY_NAME[name], place))
    found = settings.parse(table)
    assert found.strategy == name
    assert found.weights == {"a": 70, "b": 30}
    assert found.event_log.parent == place.folder


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_the_industry_s_split_the_same_and_log_too(name, place):
    text = peers.render(BY_NAME[name], place)
    assert "127.0.0.1:4000" in text
    for backend, weight in zip(place.backends, (70, 30), strict=True):
        [line] = [line for line in text.splitlines() if backend in line]
        assert f"weight={weight}" in line.replace("weight ", "weight=")
    assert "access_log " in text or "option httplog" in text
    assert text.endswith("\n")


def test_a_peer_without_a_template_has_no_configuration(place):
    with pytest.raises(ValueError, match="recitation"):
        peers.render(BY_NAME["recitation"], place)


def test_what_is_missing_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setattr(commands, "have", lambda program: program != "nc")
    assert list(peers.missing(PEERS)) == ["recitation"]
    assert "netcat-openbsd" in peers.missing(PEERS)["recitation"]


def test_installing_without_apt_is_refused(monkeypatch):
    monkeypatch.setattr(commands, "have", lambda program: False)
    with pytest.raises(LabError, match="takes apt-get"):
        peers.install()


def test_nothing_is_installed_where_nothing_is_missing(monkeypatch):
    monkeypatch.setattr(commands, "have", lambda program: True)
    monkeypatch.setattr(peers.apt, "run", lambda *words: pytest.fail(str(words)))
    peers.install()
