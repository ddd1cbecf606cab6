"""`./lab test`: every check this machine can run, one after the other, none hidden by another."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console

from lab_utils import docker_engine
from lab_utils.paths import NOTEBOOKS, ROOT
from lab_utils.ports import Ports

TEST_PROJECT = "recitation-test"
"""Label and Compose project of all that checks make, so that a user's own stack is not touched."""

CELL_TIMEOUT = 120
"""Seconds a notebook's cell may take; the helpers have deadlines of their own, well below."""


@dataclass(frozen=True)
class Check:
    """One program whose exit code 0 means well."""

    title: str
    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def checks() -> list[Check]:
    """All checks, the quick ones first."""
    notebooks = [str(path) for path in sorted(NOTEBOOKS.rglob("*.ipynb")) if _committed(path.parts)]
    return [
        Check("style", ("ruff", "check", ".")),
        Check("format", ("ruff", "format", "--check", ".")),
        Check("types", ("mypy",)),
        Check("student copies", ("lab_utils.cli", "notebooks", "--check")),
        Check("tests", ("pytest",)),
        Check(
            "notebooks, run cell by cell",
            (
                *("pytest", "--nbval", "--nbval-current-env", "--timeout=600"),
                *(f"--nbval-cell-timeout={CELL_TIMEOUT}", "-p", "no:cacheprovider"),
                *("--nbval-sanitize-with", "tests/nbval.cfg", *notebooks),
            ),
            # beside a stack that the user has up, and not on it
            {"LAB_PROJECT": TEST_PROJECT, **Ports.free().environment()},
        ),
    ]


def run(pytest_words: Sequence[str], console: Console) -> int:
    """Run all checks, or pytest alone where words for it are given; 0 if all is well."""
    if pytest_words:
        return _run(Check("tests", ("pytest", *pytest_words)))
    failed = []
    try:
        for check in checks():
            console.rule(f"[bold]{check.title}")
            if _run(check) != 0:
                failed.append(check.title)
    finally:
        _remove_test_project()
    console.rule("[bold]in all")
    if failed:
        console.print(f"[red]failed:[/] {', '.join(failed)}; each says why under its title above")
        return 1
    console.print("[green]every check passed[/]; what was skipped is listed under its title above")
    return 0


def _run(check: Check) -> int:
    """Run it with this very Python, its words straight to the terminal."""
    environment = {**os.environ, **check.environment}
    return subprocess.call([sys.executable, "-P", "-m", *check.words], cwd=ROOT, env=environment)


def _remove_test_project() -> None:
    with contextlib.suppress(docker_engine.EngineUnavailable):
        docker_engine.find().remove_all(TEST_PROJECT)


def _committed(parts: tuple[str, ...]) -> bool:
    return ".ipynb_checkpoints" not in parts
