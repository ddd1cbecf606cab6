"""What this machine has of what the lab uses, what is missing, and how to get it."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psutil

from lab_utils import commands, docker_engine, images
from lab_utils.errors import LabError
from lab_utils.paths import ROOT
from lab_utils.ports import Ports, holder, is_free, variable
from lab_utils.stack import running
from lab_utils.stack.containers import ROOM_TO_BUILD
from lab_utils.vm import accelerator, hosts, qemu

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

Verdict = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One thing the doctor looked at.

    Attributes:
        what: its name.
        verdict: `ok`; `note` (works, with a difference); `missing` (a part of the lab cannot run).
        found: what there is, with units.
        advice: what to do about it; empty where all is well.
    """

    what: str
    verdict: Verdict
    found: str
    advice: str = ""


def examine() -> list[Finding]:
    """Look at everything; takes about a second, starts and changes nothing."""
    return [finding for look in LOOKS for finding in look()]


def table() -> Styler:
    """The findings as a table, one row each: what, verdict, found, advice."""
    from lab_utils import tables  # with pandas, half a second that `./lab doctor` does not need

    return tables.worded(examine(), index="what")


def _machine() -> Iterator[Finding]:
    memory = psutil.virtual_memory()
    cores = psutil.cpu_count() or 1
    yield Finding(
        "machine",
        "ok" if memory.total > 3e9 else "note",
        f"{platform.system()} on {platform.machine()}, {cores} cores, {memory.total / 1e9:.0f} GB",
        "" if memory.total > 3e9 else "the stack wants about 1 GB: close what you do not need",
    )
    here = Path(sys.prefix)
    shown = here.relative_to(ROOT) if here.is_relative_to(ROOT) else here
    yield Finding("Python", "ok", f"{platform.python_version()} in {shown}")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(ROOT).free
    enough = free > ROOM_TO_BUILD
    advice = f"a first build of the images wants {ROOM_TO_BUILD / 1e9:.0f} GB: make room"
    yield Finding(
        "disk", "ok" if enough else "note", f"{free / 1e9:.0f} GB free", advice * (not enough)
    )


def _engine() -> Iterator[Finding]:
    try:
        engine = docker_engine.find()
    except docker_engine.EngineUnavailable as missing:
        advice = f"{missing.next_step}; until then the stack runs as local processes"
        yield Finding("Docker Engine", "missing", missing.found, advice)
        return
    yield Finding("Docker Engine", "ok", f"{engine.version} at {engine.address}")
    compose = " ".join(engine.compose)
    yield Finding("Compose", "ok", f"{engine.compose_version}, started as `{compose}`")
    yield _base_image(engine)


def _base_image(engine: docker_engine.Engine) -> Finding:
    here = images.base_here(engine)
    if here is not None:
        return Finding("base image", "ok", f"{here.name} ({here.origin})")
    hub = f"the first build fetches {images.HUB_PYTHON}"
    if commands.have("mmdebstrap"):
        return Finding("base image", "ok", f"{hub}, or else makes one from Debian packages")
    return Finding(
        "base image",
        "note",
        f"{hub}, which needs the network",
        "where no registry answers: `sudo apt-get install mmdebstrap`, or name one in LAB_REGISTRY",
    )


def _qemu() -> Iterator[Finding]:
    try:
        host = hosts.find()
    except LabError as missing:
        advice = f"{missing.next_step}; until then figures recorded elsewhere stand in"
        yield Finding("QEMU", "missing", f"no `{qemu.PROGRAM}`, or no `qemu-img`", advice)
        return
    if host.where:
        found = f"no `{qemu.PROGRAM}`, or no `qemu-img`; it runs{host.where}, made at first use"
        yield Finding("QEMU", "note", found, f"to have guests start sooner: {qemu.HOW_TO_GET}")
    elif (known := accelerator.known(host)) is None:
        tried = "what accelerates it is tried out when it is used"
        yield Finding("QEMU", "ok", f"{host.version}; {tried}")
    else:
        refused = "".join(f"; {name} does not work here" for name in known.refused)
        yield Finding("QEMU", "ok", f"{host.version}, guests run under {known.name}{refused}")


def _certificates() -> Iterator[Finding]:
    try:
        bundle = images.ca_bundle()
    except LabError as error:
        yield Finding("certificates", "missing", error.found, error.next_step)
        return
    found = "the images' own" if bundle == images.NO_CA else f"{bundle}, lent to builds as a secret"
    yield Finding("certificates", "ok", found)


def _ports() -> Iterator[Finding]:
    ports = Ports.from_environment()
    ours = running()
    for name, port in vars(ports).items():
        what = f"port {port} ({name})"
        if is_free(port):
            yield Finding(what, "ok", "free")
        elif ours is not None:
            yield Finding(what, "ok", f"the stack is up there, as {ours.kind}")
        else:
            advice = f"stop it, or set {variable(name)} to another port"
            yield Finding(what, "missing", f"taken by {holder(port)}", advice)


LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _machine,
    _disk,
    _engine,
    _qemu,
    _certificates,
    _ports,
)
