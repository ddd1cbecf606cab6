"""The archive a Linux kernel takes its first file system from: cpio, format `newc`.

Format: the kernel's Documentation/driver-api/early-userspace/buffer-format.rst. Nothing of this
machine goes in (no time, no owner, no inode), so that the same content is the same bytes.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass

ALIGNMENT = 4
LAST = "TRAILER!!!"


@dataclass(frozen=True)
class Entry:
    """One file, folder or device of root's.

    Attributes:
        mode: kind and permissions, as in `st_mode`.
        data: a file's bytes, or a link's target.
        device: major and minor number of a device.
    """

    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def file(data: bytes, *, executable: bool = False) -> Entry:
    """A file."""
    return Entry(stat.S_IFREG | (0o755 if executable else 0o644), data)


def folder() -> Entry:
    """A folder."""
    return Entry(stat.S_IFDIR | 0o755)


def link(target: str) -> Entry:
    """A symbolic link."""
    return Entry(stat.S_IFLNK | 0o777, target.encode())


def console() -> Entry:
    """The device that the kernel opens for its first program's streams."""
    return Entry(stat.S_IFCHR | 0o600, device=(5, 1))


def pack(entries: Mapping[str, Entry]) -> bytes:
    """An archive of entries by path, without a leading slash; folders before what is in them."""
    records = [_record(n, path, entries[path]) for n, path in enumerate(sorted(entries), start=1)]
    return b"".join([*records, _record(0, LAST, Entry(0))])


def _record(inode: int, path: str, entry: Entry) -> bytes:
    name = path.encode() + b"\0"
    numbers = [inode, entry.mode, 0, 0, 1, 0, len(entry.data), 0, 0, *entry.device, len(name), 0]
    head = b"070701" + b"".join(b"%08X" % number for number in numbers)
    return _padded(head + name) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)
