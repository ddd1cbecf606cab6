import sys

import httpx
import pytest

from lab_utils import cleanup
from lab_utils.ports import Ports
from lab_utils.runtimes.process import Process
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
    removed = cleanup.clean(print, project=PROJECT, state=tmp_path / "state")
    ours = {"label": f"lab={PROJECT}"}
    client = engine.client
    left = [
        *client.containers.list(all=True, filters=ours),
        *client.volumes.list(filters=ours),
        *client.networks.list(filters=ours),
        *client.images.list(filters=ours),
    ]
    assert left == []
    assert {line.split()[0] for line in removed} == {"volume", "image"}
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
    assert cleanup.clean(print, state=tmp_path / "state") == []
    assert not no_results.exists()


def test_what_a_killed_benchmark_left_running_is_ended(tmp_path, no_results, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    left = Process("nginx", tmp_path / "state" / "bench-balancer")
    left.start([sys.executable, "-c", "import time; time.sleep(60)"], {})
    running = left.running()
    assert "process nginx" in cleanup.clean(print, state=tmp_path / "state")
    assert not running.is_running()
