"""Disks of guests: an empty one for the tiny, the container's own files for the recommender."""

from __future__ import annotations

from pathlib import Path

from lab_utils import commands

EMPTY_MB = 64
"""Of a tiny guest's disk: it stores nothing there, but its snapshots need a home."""


def make(path: Path, base: Path | None = None) -> None:
    """Make a guest's own disk: empty, or a raw `base` beside which it keeps what is changed.

    Raises:
        CommandFailed: qemu-img says why.
    """
    backing: list[str | Path] = ["-F", "raw", "-b", base] if base else []
    size = [] if base else [f"{EMPTY_MB}M"]
    commands.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", *backing, path, *size],
        doing="making a guest's disk",
    )


def base(server: str) -> Path | None:
    """The disk that a server's guests begin with; None where they begin with an empty one."""
    if server == "tiny":
        return None
    raise NotImplementedError


def used_bytes(disk: Path) -> int:
    """Bytes that a disk takes: it may have holes."""
    about = disk.stat()
    return getattr(about, "st_blocks", 0) * 512 or about.st_size
