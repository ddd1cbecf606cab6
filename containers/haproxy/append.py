"""Runs a command with its standard output at the end of a file: `append.py FILE COMMAND...`.

A shell's `>>` would do, if HAProxy let it. But HAProxy sets its output to never make it wait, and
does so in a way (F_SETFL with O_NONBLOCK alone) that takes back "always at the end" (O_APPEND):
after a restart it would write over the log from the beginning. So we go to the end ourselves.
"""

from __future__ import annotations

import os
import sys


def main(path: str, *command: str) -> None:
    """Open the file, go to its end, then become the command, so that signals reach it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.lseek(descriptor, 0, os.SEEK_END)
    os.dup2(descriptor, sys.stdout.fileno())
    os.execvp(command[0], command)  # noqa: S606 - the container's own command line


if __name__ == "__main__":
    main(*sys.argv[1:])
