"""`./lab test`: every check this machine can run, one after the other, none hidden by another."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from lab_utils import docker_engine
from lab_utils.paths import NOTEBOOKS, ROOT
from lab_utils.ports import Ports

TEST_PROJECT = "recitation-test"
"""Label and Compose project of all that checks make, so that a user's own stack is not touched."""

CELL_TIMEOUT = 120
"""Seconds a notebook's cell may take; the helpers have deadlines of their own, well below."""


CELL_BY_CELL = (
    *("pytest", "--nbval", "--nbval-current-env", "--timeout=600"),
    *(f"--nbval-cell-timeout={CELL_TIMEOUT}", "-p", "no:cacheprovider"),
    *("--nbval-sanitize-with", "tests/nbval.cfg"),
)
"""How notebooks are run and compared with what is stored in them."""


@dataclass(frozen=True)
class Check:
    """One program whose exit code 0 means well.

    Attributes:
        title: what is said above it.
        words: a module of Python and its arguments.
        beside: whether it runs beside a user's own stack and record of exercises: on other ports,
            in another project, with a record that is thrown away.
    """

    title: str
    words: tuple[str, ...]
    beside: bool = False


def checks() -> list[Check]:
    """All checks, the quick ones first."""
    notebooks = [str(path) for path in sorted(NOTEBOOKS.rglob("*.ipynb")) if _committed(path.parts)]
    return [
        Check("style", ("ruff", "check", ".")),
        Check("format", ("ruff", "format", "--check", ".")),
        Check("types", ("mypy",)),
        Check("student copies", ("lab_utils.cli", "notebooks", "--check")),
        Check("tests", ("pytest",)),
        Check("notebooks, run cell by cell", (*CELL_BY_CELL, *notebooks), beside=True),
    ]


def run(pytest_words: Sequence[str], console: Console) -> int:
    """Run all checks, or pytest alone where words for it are given; 0 if all is well."""
    if any(word.split("::")[0].endswith(".ipynb") for word in pytest_words):
        try:
            return _run(Check("notebooks", (*CELL_BY_CELL, *pytest_words), beside=True))
        finally:
            remove_test_project()
    if pytest_words:
        return _run(Check("tests", ("pytest", *pytest_words)))
    failed = []
    try:
        for check in checks():
            console.rule(f"[bold]{check.title}")
            if _run(check) != 0:
                failed.append(check.title)
    finally:
        remove_test_project()
    console.rule("[bold]in all")
    if failed:
        console.print(f"[red]failed:[/] {', '.join(failed)}; each says why under its title above")
        return 1
    console.print("[green]every check passed[/]; what was skipped is listed under its title above")
    return 0


def _run(check: Check) -> int:
    """Run it with this very Python, its words straight to the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **(beside(Path(folder)) if check.beside else {})}
        words = [sys.executable, "-P", "-m", *check.words]
        return subprocess.call(words, cwd=ROOT, env=environment)


def beside(folder: Path) -> dict[str, str]:
    """What keeps a run off a user's own stack and record: project, ports, a record in `folder`."""
    return {
        "LAB_PROJECT": TEST_PROJECT,
        "LAB_PROGRESS": str(folder / "progress.json"),
        **Ports.free().environment(),
    }


def remove_test_project() -> None:
    """Remove what checks have left in the engine, if there is one."""
    with contextlib.suppress(docker_engine.EngineUnavailable):
        docker_engine.find().remove_all(TEST_PROJECT)


def _committed(parts: tuple[str, ...]) -> bool:
    return ".ipynb_checkpoints" not in parts
