"""How JupyterLab is started on the notebooks: quietly, offline, on this computer alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab_utils import waiting
from lab_utils.errors import LabError
from lab_utils.ports import free_port

SETTINGS = Path(__file__).parent / "jupyter"
"""Of JupyterLab itself: no questions about news, and no calls to the outside (overrides.json)."""

START_S = 60
"""Seconds that JupyterLab may take to answer, and to end."""

DOING = "starting JupyterLab"
NEXT = "`./lab open` shows more"

TOLD = 300
"""Characters of what it said that an error ends with."""


def command(root: Path, first: str) -> list[str]:
    """The words of the command that serves a folder.

    Args:
        root: the folder; nothing above it can be opened.
        first: the notebook to begin with, from there.
    """
    words = [
        *(sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"),
        f"--LabApp.default_url=/lab/tree/{first}",
        f"--LabApp.app_settings_dir={SETTINGS}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")  # who is root here is root by choice, or in a container
    return words


@contextlib.contextmanager
def running(root: Path, *more: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """A JupyterLab without a browser, on a port of its own, for a while; its address.

    Args:
        root: the folder it serves.
        more: words for it.
        environment: of the process; ours by default.

    Raises:
        LabError: it did not answer; with the end of what it said.
    """
    port = free_port()
    words = [*command(root, "notebooks"), *more]
    words += ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("w") as out:
            process = subprocess.Popen(words, env=environment, stdout=out, stderr=out)
        try:
            address = f"http://127.0.0.1:{port}"
            waiting.until(
                lambda: _missing(process, address, log),
                timeout=START_S,
                doing=DOING,
                next_step=NEXT,
                details=lambda: _end_of(log),
            )
            yield address
        finally:
            process.terminate()
            process.wait(START_S)


def _missing(process: subprocess.Popen[bytes], address: str, log: Path) -> str | None:
    if process.poll() is not None:
        found = f"it has ended, with exit code {process.returncode}\n{_end_of(log)}"
        raise LabError(DOING, found, NEXT)
    return None if waiting.answer(f"{address}/api") else "it does not answer"


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-TOLD:]


def browser() -> str | None:
    """A Chromium or Chrome of this machine that checks can drive; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)
