"""How JupyterLab is started on the notebooks: quietly, offline, on this computer alone."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

SETTINGS = Path(__file__).parent / "jupyter"
"""Of JupyterLab itself: no questions about news, and no calls to the outside (overrides.json)."""


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


def browser() -> str | None:
    """A Chromium or Chrome of this machine that checks can drive; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)
