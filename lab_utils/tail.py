"""Log files read as they grow."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PAUSE = 0.2
"""Seconds between two looks at the files."""


def follow_files(files: Mapping[str, Path], *, follow: bool) -> Iterator[str]:
    """Lines of several files, each with its name before it if there is more than one.

    Args:
        files: what to call each file, and where it is; one that is missing has no lines yet.
        follow: go on waiting for new lines, until the reader stops asking.
    """
    read = dict.fromkeys(files, 0)
    width = max(map(len, files), default=0)
    while True:
        for name, path in files.items():
            prefix = f"{name:<{width}} | " if len(files) > 1 else ""
            text, read[name] = _whole_lines(path, read[name], last=not follow)
            yield from (prefix + line for line in text.splitlines())
        if not follow:
            return
        time.sleep(PAUSE)


def _whole_lines(path: Path, start: int, *, last: bool) -> tuple[str, int]:
    """The text from byte `start` to the end of the last whole line, and where that is."""
    if not path.exists():
        return "", start
    with path.open("rb") as file:
        file.seek(start)
        data = file.read()
    end = len(data) if last else data.rfind(b"\n") + 1
    return data[:end].decode(errors="replace"), start + end
