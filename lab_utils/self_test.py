"""`./lab test`: every check this machine can run, none hidden by another."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from lab_utils import docker_engine, jupyter_lab
from lab_utils.paths import NOTEBOOKS, ROOT
from lab_utils.ports import Ports

TEST_PROJECT = "recitation-test"
"""Label and Compose project of all that checks make, so that a user's own stack is not touched."""

CELL_TIMEOUT = 300
"""Seconds a notebook's cell may take; the helpers have deadlines of their own, well below."""


CELL_BY_CELL = (
    *("pytest", "--nbval", "--nbval-current-env", "--timeout=600"),
    *(f"--nbval-cell-timeout={CELL_TIMEOUT}", "-p", "no:cacheprovider"),
    *("--nbval-sanitize-with", "tests/nbval.cfg"),
)
"""How notebooks are run and compared with what is stored in them."""


APART = ("tests/attacks", "tests/benchmarks", "tests/containers", "tests/lab_utils/experiment")
"""Tests that need no engine and share nothing with others: they can run beside them."""

AT_ONCE = (os.cpu_count() or 1) + 1
"""How many of the long checks run at the same time: they wait as much as they work."""

SLOWEST = "--durations=12"

BROWSER = ("pytest", "tests/browser", "-k")
LATER = "04_ or 05_ or 06_"
"""Notebooks of the second half."""

BESIDE = f"{TEST_PROJECT}-notebooks"
"""The Compose project of notebooks that are run as a check."""

PATIENCE_S = 30
"""What a check that is interrupted has to tidy up behind itself."""


@dataclass(frozen=True)
class Check:
    """One program whose exit code 0 means well.

    Attributes:
        title: what is said above it.
        words: a module of Python and its arguments.
        beside: the Compose project it runs in where it must keep off a user's own stack, files and
            record of exercises: on other ports, with files and a record that are thrown away.
    """

    title: str
    words: tuple[str, ...]
    beside: str | None = None


def quick_checks() -> list[Check]:
    """Those that take seconds."""
    return [
        Check("style", ("ruff", "check", ".")),
        Check("format", ("ruff", "format", "--check", ".")),
        Check("types", ("mypy",)),
        Check("student copies", ("lab_utils.cli", "notebooks", "--check")),
    ]


def long_checks() -> list[Check]:
    """Those that take minutes, the longest first; each says what took longest."""
    others = [f"--ignore={folder}" for folder in (*APART, "tests/browser")]
    folders = [NOTEBOOKS, NOTEBOOKS / "solutions"]
    if jupyter_lab.browser():  # there, solutions are typed into the student copies and run
        folders = [NOTEBOOKS]
    # One after the other: they share the folders that belong to whoever works through them.
    notebooks = [str(path) for folder in folders for path in sorted(folder.glob("*.ipynb"))]
    return [
        Check("notebooks, run cell by cell", (*CELL_BY_CELL, SLOWEST, *notebooks), BESIDE),
        Check("tests of the lab", ("pytest", SLOWEST, "tests", *others)),
        Check("tests of the balancer and the experiment", ("pytest", SLOWEST, *APART)),
        # Halves, so that the second begins as soon as another check has ended.
        Check("notebooks in a browser, to 03", (*BROWSER, f"not ({LATER})")),
        Check("notebooks in a browser, from 04", (*BROWSER, LATER)),
    ]


def run(pytest_words: Sequence[str], console: Console) -> int:
    """Run all checks, or pytest alone where words for it are given; 0 if all is well."""
    if any(word.split("::")[0].endswith(".ipynb") for word in pytest_words):
        words = (*CELL_BY_CELL, *pytest_words)
        return _run_alone(Check("notebooks", words, BESIDE))
    if pytest_words:
        return _run_alone(Check("tests", ("pytest", *pytest_words)))
    failed = _run(quick_checks(), console) + _run(long_checks(), console, at_once=AT_ONCE)
    console.rule("[bold]in all")
    if failed:
        console.print(f"[red]{failed} checks failed[/]; each says why under its title above")
        return 1
    console.print("[green]every check passed[/]; what was skipped is listed under its title above")
    return 0


def _run_alone(check: Check) -> int:
    """Run one check, its words straight to the terminal; its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(check, Path(folder))
        try:
            return subprocess.call(_command(check), cwd=ROOT, env=environment)
        finally:
            if check.beside:
                remove_project(check.beside)


def _run(checks: Sequence[Check], console: Console, *, at_once: int = 1) -> int:
    """Run checks, some at a time, and show them one after the other; how many failed."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(at_once) as pool:
        running = [Running(check, Path(folder) / str(n)) for n, check in enumerate(checks)]
        ended = [pool.submit(each.run) for each in running]
        try:
            for each, end in zip(running, ended, strict=True):
                console.rule(f"[bold]{each.check.title}")
                each.show_until(end)
                if end.result() != 0:
                    failed += 1
                    console.print(f"[red]failed:[/] {each.check.title}")
        finally:
            for each in running:
                each.stop()
            for project in {check.beside for check in checks if check.beside}:
                remove_project(project)
    return failed


def _command(check: Check) -> list[str]:
    return [sys.executable, "-P", "-m", *check.words]


def _environment(check: Check, folder: Path) -> dict[str, str]:
    return {**os.environ, **(beside(folder, check.beside) if check.beside else {})}


class Running:
    """A check as it runs, its output on the way to the terminal.

    Args:
        check: what is run, with this very Python.
        folder: for its output, and what else it writes; made.
    """

    def __init__(self, check: Check, folder: Path) -> None:
        self.check = check
        folder.mkdir()
        self._folder = folder
        self._output = folder / "output"
        self._output.touch()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()

    def run(self) -> int:
        """Run it to its end; its exit code."""
        if self._stopped.is_set():
            return 1
        environment = _environment(self.check, self._folder)
        if sys.stdout.isatty():
            environment["FORCE_COLOR"] = "1"
        with self._output.open("wb") as out:
            self._process = subprocess.Popen(
                _command(self.check),
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C reaches us alone; `stop` passes it on, once
            )
            return self._process.wait()

    def show_until(self, end: Future[int]) -> None:
        """Pass on what it says, until it has ended."""
        with self._output.open(encoding="utf-8", errors="replace") as lines:
            while True:
                last = end.done()
                sys.stdout.write(lines.read())
                sys.stdout.flush()
                if last:
                    return
                wait([end], timeout=0.2)

    def stop(self) -> None:
        """End it, as Ctrl-C does; it may tidy up."""
        self._stopped.set()
        if self._process is None or self._process.poll() is not None:
            return
        if os.name == "nt":  # has no such signal
            self._process.terminate()
        else:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()


def beside(folder: Path, project: str) -> dict[str, str]:
    """What keeps a run off a user's own: a project, ports, and record and files in `folder`."""
    return {
        "LAB_PROJECT": project,
        "LAB_PROGRESS": str(folder / "progress.json"),
        "LAB_WORKBENCH": str(folder / "results" / "workbench"),
        **Ports.free().environment(),
    }


def remove_project(project: str) -> None:
    """Remove what checks have left in the engine, if there is one."""
    with contextlib.suppress(docker_engine.EngineUnavailable):
        docker_engine.find().remove_all(project)
