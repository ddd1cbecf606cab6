"""What the exercises try out, tried out; and that what is known without trying agrees with it."""

import pytest

from lab_utils import docker_engine
from lab_utils.comparison import trials
from lab_utils.runtimes import Unavailable

ENOUGH = ("--fork", "--mount", "--pid", "--uts")
FLAGS = [ENOUGH, ENOUGH[1:], *(tuple(f for f in ENOUGH if f != left) for left in ENOUGH[1:])]


def missing(_self):
    raise Unavailable("starting it", "there is none", "get one")


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("runtime_project")
@pytest.mark.parametrize(
    ("limits", "code"),
    [({"mem_limit": "16m", "memswap_limit": "16m"}, 137), ({"mem_limit": "256m"}, 0)],
)
def test_a_hog_is_killed_by_a_limit_that_it_passes_and_by_no_other(limits, code):
    assert trials.hog(limits).exit_code == code


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("runtime_project")
def test_a_limit_that_docker_refuses_is_told_in_its_words():
    assert "6MB" in trials.hog({"mem_limit": "1m"}).said


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("runtime_project")
@pytest.mark.parametrize(("path", "kept"), [("/kept/note", True), ("/note", False)])
def test_a_note_outlives_its_container_in_a_volume_alone(path, kept):
    seen = trials.note(path)
    assert seen.written
    assert seen.found_again == kept


@pytest.mark.needs("docker")
@pytest.mark.usefixtures("runtime_project")
def test_a_trial_leaves_no_container_and_no_volume():
    client = docker_engine.find().client
    before = {each.name for each in client.volumes.list()}
    trials.note("/nowhere/note")
    assert {each.name for each in client.volumes.list()} <= before


@pytest.mark.parametrize(
    ("path", "kept"), [("/kept/note", True), ("/tmp/note", False), ("/kept/../tmp/note", False)]
)
def test_without_an_engine_the_rules_say_what_would_be(monkeypatch, path, kept):
    monkeypatch.setattr(trials.Container, "demand", missing)
    assert trials.hog({"mem_limit": "16m"}) is None
    assert trials.note(path).found_again == kept
    assert "could not be tried" in trials.note(path).how


@pytest.mark.needs("vm")
@pytest.mark.parametrize("flags", FLAGS)
def test_a_fence_is_as_it_is_known_to_be(flags):
    tried, known = trials.fence(flags), trials._known(frozenset(flags))
    assert (tried.names_leaked, tried.mounts_leaked) == (known.names_leaked, known.mounts_leaked)
    assert (tried.processes is None) == (known.processes is None)
    if tried.processes is not None:
        assert (tried.processes > trials.FENCED) == (known.processes > trials.FENCED)


def test_without_a_guest_the_fence_is_judged_by_what_is_known(monkeypatch):
    monkeypatch.setattr(trials.VirtualMachine, "demand", missing)
    seen = trials.fence(ENOUGH)
    assert seen.processes == trials.FENCED
    assert "could not be tried" in seen.how
