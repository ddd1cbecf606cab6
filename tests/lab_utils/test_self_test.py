import os
import signal
import subprocess
import sys
import threading
import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from lab_utils import self_test
from lab_utils.paths import ROOT
from lab_utils.self_test import Check


@pytest.fixture
def ran(monkeypatch):
    """What was run, with which environment; nothing is."""
    calls = []

    def call(words, *, cwd, env):
        calls.append((words, env))
        return 0

    monkeypatch.setattr(self_test.subprocess, "call", call)
    monkeypatch.setattr(self_test, "remove_project", lambda _: None)
    return calls


def programs(*sources):
    return [Check(f"check {n}", ("lab_utils.tell", source)) for n, source in enumerate(sources)]


@pytest.fixture
def python(monkeypatch):
    """A check's second word is run as a program."""
    real = subprocess.Popen

    def run(words, **options):
        return real([sys.executable, "-c", words[-1]], **options)

    monkeypatch.setattr(self_test.subprocess, "Popen", run)


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
    assert environment["LAB_PROJECT"].startswith(self_test.TEST_PROJECT)
    assert environment["LAB_PROGRESS"] != "mine.json"
    assert not Path(environment["LAB_WORKBENCH"]).is_relative_to(ROOT)
    assert environment["LAB_PORT_A"] != os.environ.get("LAB_PORT_A")


def runs(check, path):
    """Whether a check of pytest runs the tests of a file."""
    if check.words[0] != "pytest" or "--nbval" in check.words:
        return False
    left_out = [word.removeprefix("--ignore=") for word in check.words if word[:2] == "--"]
    folders = [word for word in check.words[1:] if word[:2] != "--"]
    under = path.is_relative_to
    return any(map(under, folders)) and not any(map(under, left_out))


def test_every_test_is_in_exactly_one_of_the_long_checks():
    files = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")]
    *checks, all_but_later, later = self_test.long_checks()
    assert all_but_later.words[-1] == f"not ({later.words[-1]})"
    assert all_but_later.words[:-1] == later.words[:-1]
    checks.append(later)
    times = {path: sum(runs(check, path) for check in checks) for path in files}
    assert len(times) > 100
    assert {path: number for path, number in times.items() if number != 1} == {}


def test_the_exit_code_of_pytest_is_passed_on(ran, monkeypatch):
    monkeypatch.setattr(self_test.subprocess, "call", lambda *_, **__: 5)
    assert self_test.run(["-k", "nothing"], None) == 5


def test_two_checks_run_at_the_same_time_and_are_shown_one_after_the_other(
    python, tmp_path, capsys
):
    there = f"import pathlib, time; here = pathlib.Path({str(tmp_path)!r})"
    wait = "\nwhile not (here / {!r}).exists(): time.sleep(0.01)"
    first = f"{there}\n(here / 'one').touch()" + wait.format("two") + "\nprint('first')"
    second = f"{there}\n(here / 'two').touch()" + wait.format("one") + "\nprint('second')"
    console = Console(file=StringIO())
    assert self_test._run(programs(first, second), console, at_once=2) == 0
    assert capsys.readouterr().out.split() == ["first", "second"]


def test_a_check_that_fails_is_counted_and_hides_no_other(python, capsys):
    console = Console(file=StringIO())
    failed = self_test._run(programs("print('a'); exit(3)", "print('b')"), console)
    assert failed == 1
    assert capsys.readouterr().out.split() == ["a", "b"]
    assert "failed: check 0" in console.file.getvalue()


def test_an_interrupt_ends_what_runs_and_lets_it_tidy_up(python, tmp_path):
    tidied = tmp_path / "tidied"
    source = (
        "import pathlib, time\n"
        f"pathlib.Path({str(tmp_path / 'started')!r}).touch()\n"
        "try:\n    time.sleep(60)\n"
        f"except KeyboardInterrupt:\n    pathlib.Path({str(tidied)!r}).touch()\n"
    )

    def interrupt():
        while not (tmp_path / "started").exists():
            time.sleep(0.01)
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        self_test._run(programs(source), Console(file=StringIO()))
    assert tidied.exists()


@pytest.mark.parametrize(("browser", "solutions_too"), [(None, True), ("/usr/bin/chromium", False)])
def test_solutions_are_run_cell_by_cell_where_no_browser_types_them(
    monkeypatch, browser, solutions_too
):
    monkeypatch.setattr(self_test.jupyter_lab, "browser", lambda: browser)
    checks = [each for each in self_test.long_checks() if "--nbval" in each.words]
    notebooks = [word for each in checks for word in each.words if word.endswith(".ipynb")]
    assert any("solutions" in word for word in notebooks) == solutions_too
    assert any("solutions" not in word for word in notebooks)
