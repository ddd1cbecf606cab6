"""Disks of guests: an empty one for the tiny, the container's own files for the recommender."""

from __future__ import annotations

from pathlib import Path

from lab_utils import commands

EMPTY_MB = 64
"""Of a tiny guest's disk: it stores nothing there, but its snapshots need a home."""


MKE2FS = ("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0")
"""A journal is for disks that outlive a crash."""

ROOM = 15
"""Percent of a disk that are free when it is made, its own tables among them."""


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


def from_folder(folder: Path, path: Path) -> None:
    """Make a raw disk with one ext4 file system that holds what is in a folder; needs no root.

    Raises:
        LabError: this machine has no `mke2fs`, or it failed.
    """
    content = sum(used_bytes(each) for each in folder.rglob("*") if not each.is_symlink())
    size = content * (100 + ROOM) // 100 // 1024
    commands.run(
        [
            "mke2fs",
            "-q",
            "-t",
            "ext4",
            "-O",
            "^has_journal",
            "-m",
            "0",
            "-d",
            folder,
            path,
            f"{size}k",
        ],
        doing="making a disk of a container's files",
        next_step="`mke2fs` is part of e2fsprogs",
    )


def used_bytes(disk: Path) -> int:
    """Bytes that a disk takes: it may have holes."""
    about = disk.stat()
    return getattr(about, "st_blocks", 0) * 512 or about.st_size
