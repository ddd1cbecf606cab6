import shutil
import sys
from types import SimpleNamespace

import httpx
import pytest

from lab_utils import busy, cleanup, docker_engine, waiting
from lab_utils.errors import LabError
from lab_utils.ports import Ports
from lab_utils.processes import Process
from lab_utils.stack.containers import ContainerStack
from lab_utils.stack.processes import ProcessStack

PROJECT = "recitation-test-clean"


@pytest.fixture
def stranger(engine, container_stack):
    """A container, an image and a volume that are nothing to do with the lab."""
    image = container_stack.container("balancer").image
    name = "stranger-of-the-recitation"
    volume = engine.client.volumes.create(name)
    box = engine.client.containers.create(
        image.id, ["sleep", "60"], entrypoint=[], name=name, volumes={name: {"bind": "/kept"}}
    )
    kept = box.commit("stranger-of-the-recitation", changes="LABEL lab=somebody-else")
    yield box, volume, kept
    box.remove(force=True)
    volume.remove()
    engine.client.images.remove(kept.id)


@pytest.fixture
def no_results(monkeypatch, tmp_path):
    monkeypatch.setattr(cleanup, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


@pytest.mark.needs("docker")
@pytest.mark.timeout(600)
def test_clean_leaves_nothing_of_ours_and_touches_nothing_else(
    engine, stranger, tmp_path, no_results
):
    stack = ContainerStack(engine, Ports.free(), PROJECT)
    stack.up(print)
    httpx.get(stack.ports.url("balancer") + "/recommend/17")
    recorded = stack.event_log()
    stack.down(print)
    assert recorded == stack.event_log() != b""
    cleaned = cleanup.clean(print, project=PROJECT, state=tmp_path / "state")
    ours = {"label": f"lab={PROJECT}"}
    client = engine.client
    left = [
        *client.containers.list(all=True, filters=ours),
        *client.volumes.list(filters=ours),
        *client.networks.list(filters=ours),
        *client.images.list(filters=ours),
    ]
    assert left == []
    assert {line.split()[0] for line in cleaned.removed} == {"volume", "image"}
    assert [path.read_bytes() for path in no_results.rglob("events.jsonl")] == [recorded]
    for thing in stranger:
        thing.reload()


def test_clean_stops_processes_empties_the_state_and_keeps_the_events(
    tmp_path, no_results, monkeypatch
):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    state = tmp_path / "state"
    stack = ProcessStack(Ports.free(), state / "processes")
    stack.up(print)
    running = [stack._process(service.name).running() for service in stack.services()]
    events = state / "processes" / "events" / "events.jsonl"
    events.write_text('{"event": "made by a user"}\n')
    cleanup.clean(print, state=state)
    assert not state.exists()
    assert not any(process.is_running() for process in running)
    kept = list(no_results.rglob("events.jsonl"))
    assert [path.read_text() for path in kept] == ['{"event": "made by a user"}\n']


def test_there_may_be_nothing_to_clean(tmp_path, no_results, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    assert cleanup.clean(print, state=tmp_path / "state").removed == []
    assert not (tmp_path / "state").exists()
    assert not no_results.exists()


def test_what_a_killed_benchmark_left_running_is_ended(tmp_path, no_results, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    left = Process("nginx", tmp_path / "state" / "bench-balancer")
    left.start([sys.executable, "-c", "import time; time.sleep(60)"], {})
    running = left.running()
    assert "process nginx" in cleanup.clean(print, state=tmp_path / "state").removed
    assert not running.is_running()


def test_what_has_lost_its_pid_file_is_ended_too(tmp_path, no_results, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    left = Process("nginx", tmp_path / "state" / "bench-balancer")
    left.start([sys.executable, "-u", "-c", "print(1); import time; time.sleep(60)"], {})
    waiting.until(
        lambda: None if left.last_lines() == "1" else "it is starting",
        timeout=20,
        doing="testing",
        next_step="-",
    )
    running = left.running()
    shutil.rmtree(tmp_path / "state")
    assert "process nginx" in cleanup.clean(print, state=tmp_path / "state").removed
    assert not running.is_running()


@pytest.mark.parametrize("reason", ["stopped", "permission"])
def test_an_engine_that_cannot_be_looked_into_is_not_taken_for_none(
    tmp_path, no_results, monkeypatch, reason
):
    def unavailable(**_):
        raise docker_engine.EngineUnavailable(reason, "nothing answers", "start it")

    monkeypatch.setattr(docker_engine, "find", unavailable)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "left").write_text("over")
    cleaned = cleanup.clean(print, state=tmp_path / "state")
    assert cleaned.unseen.reason == reason
    assert cleaned.removed == ["folder state"]


def test_a_clean_amid_another_command_is_refused(tmp_path, no_results):
    state = tmp_path / "state"
    with busy.alone(state), pytest.raises(LabError, match="is at work"):
        cleanup.clean(print, state=state)


def test_the_events_of_every_balancer_are_kept_apart(no_results, monkeypatch, tmp_path):
    engine = SimpleNamespace(remove_all=lambda *_, **__: [], containers=lambda *_: [])
    monkeypatch.setattr(cleanup.docker_engine, "find", lambda **_: engine)
    monkeypatch.setattr(ContainerStack, "event_log", lambda self: self.balancer.encode())
    cleanup.clean(print, state=tmp_path / "state")
    kept = [path.read_bytes() for path in no_results.rglob("events.jsonl")]
    assert sorted(kept) == [b"haproxy", b"nginx", b"ours"]
