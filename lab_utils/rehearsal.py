"""`./lab doctor --class`: the evening before, on a room's machine.

It runs what the class will run, as the class will find it: every student copy, cell by cell, in
this very project. Afterwards all is built, fetched and trained that a notebook needs, and the
minutes that the machine took are known. The notebooks themselves are not written to.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import nbformat

from lab_utils import doctor, jupyter_lab, notebooks, stack, waiting
from lab_utils.doctor import Finding
from lab_utils.errors import LabError
from lab_utils.paths import NOTEBOOKS, ROOT
from lab_utils.ports import free_port

START_S = 60
"""Seconds that JupyterLab may take to answer."""

TOLD = 300
"""Characters of an error that go into the table; the notebook itself shows all of it."""


def rehearse(say: Callable[[str], None]) -> Iterator[Finding]:
    """Look at the machine, start JupyterLab, and run each notebook; a finding for each.

    Args:
        say: told what is being run.

    Raises:
        LabError: a stack is up, which the notebooks would stop.
    """
    if (up := stack.running()) is not None:
        raise LabError(
            "rehearsing the class",
            f"the stack is up, as {up.kind}, and the notebooks would stop it",
            "`./lab down`, then run this again",
        )
    yield from doctor.examine()
    say("starting JupyterLab, and ending it")
    yield _finding("JupyterLab", start_and_end_jupyter_lab, "it answers")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        say(f"running {path.name}")
        book = nbformat.read(path, as_version=4)
        yield _finding(path.stem, partial(notebooks.run, book, path), "runs")


def start_and_end_jupyter_lab() -> None:
    """Whether it starts on this machine, on a port of its own, without a browser.

    Raises:
        LabError: it did not answer; with the end of what it said.
    """
    port = free_port()
    words = jupyter_lab.command(ROOT, "notebooks")
    words += ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("w") as out:
            process = subprocess.Popen(words, stdout=out, stderr=out)
        try:
            waiting.until(
                lambda: _missing(process, port),
                timeout=START_S,
                doing="starting JupyterLab",
                next_step="`./lab open` shows more",
                details=lambda: log.read_text(errors="replace")[-TOLD:],
            )
        finally:
            process.terminate()
            process.wait(START_S)


def _missing(process: subprocess.Popen[bytes], port: int) -> str | None:
    if process.poll() is not None:
        return f"it has ended, with exit code {process.returncode}"
    return None if waiting.answer(f"http://127.0.0.1:{port}/api") else "it does not answer"


def _finding(what: str, check: Callable[[], object], found: str) -> Finding:
    began = time.monotonic()
    try:
        check()
    except LabError as error:
        return Finding(what, "missing", _short(error.found), error.next_step)
    return Finding(what, "ok", f"{found}; {time.monotonic() - began:.0f} s of this machine")


def _short(text: str) -> str:
    """The end of an error: a notebook's begins with the cell and ends with what went wrong."""
    return text.strip() if len(text) <= TOLD else "…" + text.strip()[-TOLD:]
