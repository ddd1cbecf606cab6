"""What runs a guest's instructions here: the processor itself, or TCG, which translates them.

Whether `/dev/kvm` can be opened proves nothing: on a machine that is a guest itself it may open
and then fail. So the tiny guest is booted once, with a deadline, and the answer is kept.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from filelock import FileLock

from lab_utils.errors import LabError
from lab_utils.vm import guest as guests
from lab_utils.vm.guest import CACHE, Guest
from lab_utils.vm.machine import Host, Machine

KEEPS_SNAPSHOTS = ("kvm", "tcg")
"""The others cannot save a guest, or not surely: for snapshots they give way to TCG."""

DEADLINE = {"kvm": 20.0, "hvf": 20.0, "whpx": 20.0, "tcg": 120.0}
"""Seconds in which a tiny guest must have booted: one second where the processor does it, three
with TCG on a machine with nothing else to do."""

AGAIN = "is this machine very busy? Run this again"
"""What to do where none works."""

LOOK = 0.5
"""Seconds between two questions whether it still runs."""

MEMORY_MB = 96
"""RAM of a tiny guest."""


@dataclass(frozen=True)
class Found:
    """What the probe found.

    Attributes:
        name: the accelerator that boots a guest; empty if none does.
        refused: why each that was tried before does not.
        here: what the answer holds for: QEMU and where it runs, this boot of this machine, guest.
    """

    name: str
    refused: dict[str, str]
    here: str


def probe(guest: Guest, host: Host, cache: Path = CACHE) -> Found:
    """The fastest accelerator that boots the tiny guest; asked once for each boot of this machine.

    Args:
        guest: the tiny one.
        host: where QEMU runs.
        cache: the folder where the answer is kept.
    """
    path = cache / "accelerator.json"
    with FileLock(cache / "accelerator.lock"):
        here = _here(guest, host)
        if (kept := _read(path)) is not None and kept.here == here:
            return kept
        found = _try_all(guest, host, here)
        if found.name:  # a machine that is too busy today may not be tomorrow
            path.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
        return found


def known(host: Host, cache: Path = CACHE) -> Found | None:
    """What a probe has found that still holds; None before one: nothing is booted."""
    made, kept = guests.known(cache), _read(cache / "accelerator.json")
    return kept if made and kept and kept.here == _here(made, host) else None


def _try_all(guest: Guest, host: Host, here: str) -> Found:
    refused: dict[str, str] = {}
    for name in host.accelerators:
        if (why := _why_not(name, guest, host)) is None:
            return Found(name, refused, here)
        refused[name] = why
    return Found("", refused, here)


def _why_not(name: str, guest: Guest, host: Host) -> str | None:
    """Boot the tiny guest once; None if it came up and QEMU says that it runs."""
    with TemporaryDirectory(dir=CACHE) as folder:  # where an engine may look, too
        try:
            machine = host.machine("tiny", guest, Path(folder))
            try:
                machine.make_disk()
                machine.start(name, MEMORY_MB)
                return _not_up(machine, within=DEADLINE[name])
            finally:
                machine.stop()
        except LabError as error:
            return error.found


def _not_up(machine: Machine, *, within: float) -> str | None:
    """Wait for a guest; None if it came up and QEMU says that it runs."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        ready = machine.shell.is_ready(within=LOOK)
        status = machine.monitor.ask("query-status")["status"]
        if status != "running":
            return f"QEMU came up, but its guest does not run: {status}"
        if ready:
            return None
    return f"the guest was not up after {within:g} s"


def _here(guest: Guest, host: Host) -> str:
    return f"{host.name}, up since {psutil.boot_time():.0f}, {guest.folder.name}"


def _read(path: Path) -> Found | None:
    try:
        return Found(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
