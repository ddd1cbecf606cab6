import os

import pytest

from lab_utils import self_test


@pytest.fixture
def ran(monkeypatch):
    """What was run, with which environment; nothing is."""
    calls = []

    def call(words, *, cwd, env):
        calls.append((words, env))
        return 0

    monkeypatch.setattr(self_test.subprocess, "call", call)
    monkeypatch.setattr(self_test, "remove_test_project", lambda: None)
    return calls


def test_words_go_to_pytest_alone(ran):
    assert self_test.run(["tests/data", "-k", "x"], None) == 0
    (words, environment), *others = ran
    assert words[-4:] == ["pytest", "tests/data", "-k", "x"]
    assert environment == dict(os.environ)
    assert others == []


def test_a_notebook_is_run_cell_by_cell_beside_a_users_own_stack_and_record(ran, monkeypatch):
    monkeypatch.setenv("LAB_PROGRESS", "mine.json")
    self_test.run(["notebooks/00_start_here.ipynb"], None)
    ((words, environment),) = ran
    assert "--nbval" in words
    assert environment["LAB_PROJECT"] == self_test.TEST_PROJECT
    assert environment["LAB_PROGRESS"] != "mine.json"
    assert environment["LAB_PORT_A"] != os.environ.get("LAB_PORT_A")
