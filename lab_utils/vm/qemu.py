"""QEMU's command line: what a guest's hardware is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lab_utils import commands

PROGRAM = "qemu-system-x86_64"
HOW_TO_GET = (
    "on Debian and Ubuntu `sudo apt-get install qemu-system-x86 qemu-utils`, on macOS `brew "
    "install qemu`; elsewhere from qemu.org"
)

LIFETIME = 1800
"""Seconds after which a guest switches itself off, whatever became of who started it."""

TRANSLATIONS_MB = 64
"""Of translated code that TCG keeps; by default it would be a gigabyte's worth."""

CPUS = {"kvm": "host", "hvf": "host", "whpx": "max", "tcg": "max,la57=off"}
"""By accelerator. TCG: all it can do (NumPy wants x86-64-v2), but page tables of 4 levels, not 5,
which a program that plays hardware has to walk."""

KERNEL_WORDS = (
    "console=ttyS0 quiet panic=-1 tsc=unstable "
    "cryptomgr.notests audit=0 lsm=capability"  # tests and guards that cost a tenth of the boot
)


@dataclass(frozen=True)
class Hardware:
    """A guest's.

    Attributes:
        accelerator: one of `CPUS`.
        memory_mb: RAM.
        disk: a qcow2 file of its own; its snapshots are in it.
        restore: name of a snapshot in `disk` to go on from, instead of booting; empty: boot.
    """

    accelerator: str
    memory_mb: int
    disk: str
    restore: str = ""


@dataclass(frozen=True)
class Wires:
    """Where QEMU's lines to the outside end, as options of its character devices.

    Attributes:
        monitor: for QMP.
        shell: the guest's second serial line. The first, the kernel's, is QEMU's own output.
        web: `address:port` on which port 80 or 8000 of the guest is to be reached.
    """

    monitor: str
    shell: str
    web: str


def command(
    server: str, port: int, kernel: str | Path, initrd: str | Path, hardware: Hardware, wires: Wires
) -> list[str]:
    """The words that start a guest.

    Args:
        server: what its `init` runs.
        port: on which that listens inside.
        kernel: file, as QEMU sees it.
        initrd: file, as QEMU sees it.
        hardware: what it runs on.
        wires: how to talk with it.
    """
    accelerator = hardware.accelerator
    tuned = f"{accelerator},tb-size={TRANSLATIONS_MB}" if accelerator == "tcg" else accelerator
    return [
        *(PROGRAM, "-name", f"recitation-{server}", "-accel", tuned, "-cpu", CPUS[accelerator]),
        *("-machine", "q35", "-m", str(hardware.memory_mb), "-smp", "1"),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-kernel", str(kernel), "-initrd", str(initrd)),
        *("-append", f"{KERNEL_WORDS} server={server} lifetime={LIFETIME}"),
        *("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"),
        *("-chardev", f"socket,id=shell,{wires.shell}", "-serial", "chardev:shell"),
        *("-chardev", f"socket,id=monitor,{wires.monitor}"),
        *("-mon", "chardev=monitor,mode=control"),
        # restrict: the guest reaches nothing, neither this machine nor the network
        *("-netdev", f"user,id=net,restrict=on,hostfwd=tcp:{wires.web}-:{port}"),
        *("-device", "virtio-net-pci,netdev=net,romfile="),
        *("-drive", f"file={hardware.disk},format=qcow2,if=virtio,id=disk"),
        *_restoring(hardware.restore),
    ]


def _restoring(name: str) -> Iterator[str]:
    if name:
        yield from ("-loadvm", name)


@cache
def version() -> str | None:
    """This machine's QEMU, `7.2.22`; None where there is none or its disks' tool is missing."""
    if not (commands.have(PROGRAM) and commands.have("qemu-img")):
        return None
    said = commands.run([PROGRAM, "--version"], doing="asking QEMU its version", check=False).stdout
    found = re.search(r"version (\S+)", said)
    return found[1] if found else None
