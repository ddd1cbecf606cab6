import io
import json

import httpx
import pytest
from rich.console import Console

from lab_utils import busy, demo, ratings, stack, traffic
from lab_utils.errors import LabError
from lab_utils.ports import Ports
from lab_utils.stack.processes import ProcessStack


@pytest.fixture
def here(monkeypatch, tmp_path, process_stack):
    """The demo, writing into a folder of its own, on a stack that is up already."""
    monkeypatch.setattr(demo, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(busy, "STATE", tmp_path / "state")
    monkeypatch.setattr(stack, "choose", lambda *_, **__: process_stack)
    return tmp_path


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=200)


def test_it_ends_in_a_verdict_a_page_and_the_events(here, console):
    run = demo.run_in_terminal(console, kind="auto", seed=5, keep=False)
    shown = console.file.getvalue()
    assert "Verdict on b" in shown
    assert str(run.page) in shown
    assert {path.name for path in run.folder.iterdir()} == {
        "events.jsonl",
        "report.html",
        "summary.json",
    }
    assert json.loads((run.folder / "summary.json").read_text())["facts"]["seed"] == "5"


def test_a_stack_that_was_up_before_stays_up(here, console, process_stack):
    demo.run_in_terminal(console, kind="auto", seed=5, keep=False)
    assert {each.state for each in process_stack.services()} == {"running"}


def test_two_runs_keep_their_events_apart(here, process_stack):
    first, second = demo.collect(process_stack, seed=1), demo.collect(process_stack, seed=2)
    assert first.folder != second.folder
    lines = [run.event_log.read_text().splitlines() for run in (first, second)]
    assert len(lines[0]) == len(lines[1]) == 2 * first.traffic.visits
    assert not set(lines[0]) & set(lines[1])


def put_weights(stack, a, b):
    url = stack.ports.url("admin") + "/weights"
    httpx.put(url, json={"a": a, "b": b}, trust_env=False).raise_for_status()


@pytest.fixture
def weights_put_back(process_stack):
    yield
    put_weights(process_stack, 70, 30)


def test_weights_changed_before_a_run_are_its_plan(here, process_stack, weights_put_back):
    put_weights(process_stack, 50, 50)
    run = demo.collect(process_stack)
    assert run.plan == {"a": 0.5, "b": 0.5}
    assert run.alarm is None
    assert run.report().notes == (
        "weights were changed from 70/30 to 50/50 before this run; 50/50 is its plan",
    )


def test_weights_changed_during_a_run_are_told_first_of_all(
    here, process_stack, weights_put_back, monkeypatch
):
    def replay_and_put(*args, **more):
        seen = real(*args, **more)
        put_weights(process_stack, 50, 50)
        return seen

    real = traffic.replay
    monkeypatch.setattr(traffic, "replay", replay_and_put)
    run = demo.collect(process_stack)
    assert run.plan == {"a": 0.7, "b": 0.3}
    (alarm,) = run.report().alarms
    assert "changed from 70/30 to 50/50 during this run" in alarm


def test_two_demos_at_once_are_refused_with_a_way_out(here, console):
    with busy.alone(), pytest.raises(LabError, match="is at work") as caught:
        demo.run_in_terminal(console, kind="auto", seed=5, keep=False)
    assert "LAB_PROJECT" in caught.value.next_step


def test_an_interrupt_amid_the_visits_keeps_what_was_recorded(here, process_stack, monkeypatch):
    def interrupted(url, *, seed, progress):
        few = {str(number): frozenset[int]() for number in range(1, 6)}
        real(url, users=few, seed=seed)
        raise KeyboardInterrupt

    real = traffic.replay
    monkeypatch.setattr(traffic, "replay", interrupted)
    with pytest.raises(KeyboardInterrupt):
        demo.collect(process_stack)
    (kept,) = here.rglob("events.jsonl")
    assert len(kept.read_text().splitlines()) == 10


def test_a_stack_that_the_demo_started_is_stopped_after_an_interrupt(here, console, monkeypatch):
    events = []

    class Started:
        kind = "processes"

        def services(self):
            return [stack.Service("balancer", "absent", "", "", "")]

        def up(self, say, watch):
            events.append("up")

        def down(self, say):
            events.append("down")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(stack, "choose", lambda *_, **__: Started())
    monkeypatch.setattr(demo, "collect", interrupted)
    with pytest.raises(KeyboardInterrupt):
        demo.run_in_terminal(console, kind="auto", seed=5, keep=False)
    assert events == ["up", "down"]


@pytest.mark.needs("posix")
def test_a_service_that_dies_amid_the_visits_is_named_beside_the_verdict(
    here, console, monkeypatch, capsys
):
    def deadly(url, *, seed, progress):
        seen = real(url, seed=seed, progress=progress)
        mortal._process("recommender-b").running().kill()
        return seen

    real, mortal = traffic.replay, ProcessStack(Ports.free(), here / "processes")
    monkeypatch.setattr(stack, "choose", lambda *_, **__: mortal)
    monkeypatch.setattr(traffic, "replay", deadly)
    demo.run_in_terminal(console, kind="auto", seed=5, keep=False)
    told = capsys.readouterr().out
    assert "recommender-b has ended: exited (137). The last it said:" in told
    assert "./lab logs recommender-b" in told
    shown = console.file.getvalue()
    assert "Verdict on b" in shown
    assert "service lost: recommender-b has ended: exited (137)" in shown


@pytest.fixture
def not_begun(monkeypatch):
    """Nothing may have been started when a run is refused."""

    def begun(kind, say):
        pytest.fail("work has begun")

    monkeypatch.setattr(stack, "choose", begun)


def refused(console):
    with pytest.raises(LabError) as caught:
        demo.run_in_terminal(console, kind="auto", seed=5, keep=False)
    return caught.value


def test_results_that_are_a_file_are_told_before_work_starts(here, not_begun, console):
    (here / "results").write_text("mine")
    assert refused(console).found == "it is a file"


@pytest.mark.needs("posix")
def test_results_on_a_full_disk_are_told_before_work_starts(here, not_begun, console, full_disk):
    with full_disk():
        error = refused(console)
    assert "make room" in error.next_step


def test_ratings_that_are_missing_are_told_before_work_starts(
    here, not_begun, console, monkeypatch
):
    monkeypatch.setattr(ratings.demand, "__defaults__", (here / "no data",))
    assert "reading the ratings" in refused(console).doing


def test_a_disk_that_is_full_loses_nothing_and_says_so(tmp_path):
    with pytest.raises(LabError, match="could not be written") as caught:
        demo._keep(b"an event\n", tmp_path / "no such folder" / "events.jsonl")
    assert "the stack keeps its own event log" in caught.value.next_step
