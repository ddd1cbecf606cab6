"""Who started what runs in the background: this Python or another, and whether it still lives."""

from __future__ import annotations

import json
import os

import psutil

LABEL = "lab.runtime"
"""On a container that ends with who started it: the owner."""


def owner() -> str:
    """This very Python: its process id and when it started."""
    return json.dumps([os.getpid(), psutil.Process().create_time()])


def lives(note: str) -> bool:
    """Whether the owner of a note still runs."""
    try:
        pid, started = json.loads(note)
        return bool(psutil.Process(pid).create_time() == started)
    except (ValueError, TypeError, psutil.Error):
        return False
