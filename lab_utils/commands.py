"""The one door through which other programs are started.

Output is captured and returned, or handed on line by line, never left to whatever
terminal or notebook happens to be there; a failure carries the command, its exit code and
the end of what it said.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab_utils.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

APART: dict[str, Any] = (
    {"process_group": 0}
    if os.name == "posix"
    else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
)
"""Keeps a terminal's Ctrl-C from the programs: we hear it, and end them in good order."""

TAIL_LINES = 25
"""How many last lines of a failed command's output its error repeats."""


@dataclass(frozen=True)
class Completed:
    """A finished command: its words, exit code and both streams as text."""

    command: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


class CommandFailed(LabError):
    """A command ended with another exit code than 0; `completed` has all of it."""

    def __init__(self, doing: str, completed: Completed, next_step: str) -> None:
        self.completed = completed
        said = (completed.stderr.strip() or completed.stdout.strip()).splitlines()[-TAIL_LINES:]
        found = f"`{' '.join(completed.command)}` ended with exit code {completed.exit_code}"
        super().__init__(doing, "\n  ".join([found, *said]), next_step)


class CommandMissing(LabError):
    """The program is not on this machine's PATH."""

    def __init__(self, doing: str, program: str) -> None:
        super().__init__(
            doing,
            f"the program `{program}` is not on this machine's PATH",
            f"install `{program}` (`./lab doctor` shows what the lab uses and how to get it)",
        )


def have(program: str) -> bool:
    """Whether `program` can be started by name."""
    return shutil.which(program) is not None


def run(
    command: Sequence[str | Path],
    *,
    doing: str,
    next_step: str = "read the lines above: they are the program's own words",
    check: bool = True,
    timeout: float | None = None,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Completed:
    """Run a command to its end and return what it said.

    Args:
        command: the program and its arguments; no shell is involved.
        doing: completes "While ..." in an error.
        next_step: what an error advises.
        check: raise on another exit code than 0.
        timeout: seconds until it is killed; None waits forever.
        stdin: text given to it.
        environment: the whole environment it sees; None passes on ours.
        folder: the folder it starts in.

    Raises:
        CommandMissing: there is no such program.
        CommandFailed: it failed and `check` is set.
        LabError: it took longer than `timeout`.
    """
    words = tuple(str(word) for word in command)
    try:
        done = subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=None if environment is None else dict(environment),
            cwd=folder,
            check=False,
            **APART,
        )
    except FileNotFoundError:
        raise CommandMissing(doing, words[0]) from None
    except subprocess.TimeoutExpired:
        found = f"`{' '.join(words)}` was not done after {timeout:g} s and was stopped"
        raise LabError(doing, found, next_step) from None
    completed = Completed(words, done.returncode, done.stdout, done.stderr)
    if check and done.returncode != 0:
        raise CommandFailed(doing, completed, next_step)
    return completed


def lines(
    command: Sequence[str | Path],
    *,
    doing: str,
    next_step: str = "read the lines above: they are the program's own words",
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[str]:
    """Run a command and yield each line of its output (both streams) as it comes.

    The command is ended when the reader stops asking, or is interrupted.

    Raises:
        CommandMissing: there is no such program.
        CommandFailed: it ended with another exit code than 0.
    """
    words = tuple(str(word) for word in command)
    try:
        child = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env=None if environment is None else dict(environment),
            cwd=folder,
            **APART,
        )
    except FileNotFoundError:
        raise CommandMissing(doing, words[0]) from None
    last: deque[str] = deque(maxlen=TAIL_LINES)
    with child:
        try:
            for line in child.stdout or ():
                last.append(line.rstrip("\n"))
                yield last[-1]
        except BaseException:
            child.terminate()
            raise
    if child.returncode != 0:
        completed = Completed(words, child.returncode, "\n".join(last), "")
        raise CommandFailed(doing, completed, next_step)
