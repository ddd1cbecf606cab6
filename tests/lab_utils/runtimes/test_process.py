import httpx
import psutil
import pytest

from lab_utils.runtimes import Process


@pytest.fixture
def process(tmp_path):
    with Process("tiny", folder=tmp_path) as running:
        yield running


def test_it_answers_where_it_says(process):
    assert "hello from busybox" in httpx.get(process.url, trust_env=False).text


def test_it_holds_memory_and_has_a_program_file(process):
    assert process.memory() > 0
    assert process.image_bytes() > 0


def test_it_sees_this_very_machine(process):
    inside = process.inside()
    assert inside.memory == pytest.approx(psutil.virtual_memory().total, rel=0.01)
    assert len(inside.processes) > 1


def test_nothing_is_left_when_it_is_stopped(tmp_path):
    with Process("tiny", folder=tmp_path) as running:
        pid = running._there().running().pid
    assert not psutil.pid_exists(pid)
    assert list(tmp_path.iterdir()) == []


def test_without_busybox_python_serves_the_same_page(monkeypatch, tmp_path):
    monkeypatch.setattr("lab_utils.runtimes.process._busybox", lambda: None)
    with Process("tiny", folder=tmp_path) as running:
        assert "hello from busybox" in httpx.get(running.url, trust_env=False).text
