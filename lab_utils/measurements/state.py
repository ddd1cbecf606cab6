"""What is kept, and what a roll-back brings back."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator

from lab_utils import docker_engine
from lab_utils.measurements.provenance import (
    Subject,
    demand_kind,
    kind_of,
    live_or_recorded,
    measured,
    up,
)
from lab_utils.measurements.result import Measurement
from lab_utils.runtimes import Container, VirtualMachine
from lab_utils.runtimes.base import Runtime

ROLLED_BACK = ("save", "roll back", "file rolled back", "process rolled back", "clock rolled back")
SURVIVES = ("restart", "remove", "commit", "volume", "snapshot")

FILE = "/own/note"
KEPT = "/kept/note"
SLEEPER = "sleep 4242"
"""A process that a save may or may not keep."""

IS_THERE = "test -e {0} && echo yes || echo no"
WHY = "nothing saves a plain process and what it wrote, or rolls them back"
"""Of each of these questions, asked about one."""


def save_and_roll_back(subject: Subject) -> tuple[Measurement, ...]:
    """`save` and `roll back` (s); `file`, `process` and `clock rolled back` (facts).

    Something is written and started, then all is saved, then it is undone, then rolled back.

    Raises:
        LabError: asked about a process.
    """
    demand_kind(subject, ["container", "vm"], "saving", WHY)

    def live() -> tuple[Measurement, ...]:
        if kind_of(subject) == "container":
            return _roll_back_container()
        with _guest(subject) as guest:
            return _roll_back_guest(guest)

    return live_or_recorded(ROLLED_BACK, subject, "tiny", live)


def survival(subject: Subject) -> tuple[Measurement, ...]:
    """Whether a file written inside is there after each of these, a fact each.

    Container: `restart`, `remove`, `commit`, `volume`. Guest: `remove`, `snapshot`.

    Raises:
        LabError: asked about a process.
    """
    demand_kind(subject, ["container", "vm"], "asking what survives the end of", WHY)

    def live() -> tuple[Measurement, ...]:
        if kind_of(subject) == "container":
            return tuple(_container_survival())
        with _guest(subject) as guest:
            return tuple(_guest_survival(guest))

    return live_or_recorded(SURVIVES, subject, "tiny", live)


def _roll_back_container() -> tuple[Measurement, ...]:
    with Container("tiny", writable=True) as runtime, _image_name() as (name, tag):
        runtime.run_inside(f"echo before > {FILE}; {SLEEPER} > /dev/null 2>&1 &")
        before = time.perf_counter()
        runtime.container.commit(name, tag, changes=f"LABEL lab={docker_engine.PROJECT}")
        saved = time.perf_counter()
        _undo(runtime)
        undone, uptime = time.perf_counter(), _uptime(runtime)
        runtime.stop()
        with Container("tiny", writable=True, image=f"{name}:{tag}") as again:
            seconds = saved - before, time.perf_counter() - undone
            ways = "`docker commit`", "remove the container, start one from that image"
            return _rows(again, seconds, ways, uptime)


def _roll_back_guest(guest: VirtualMachine) -> tuple[Measurement, ...]:
    guest.run_inside(f"mkdir -p /own; echo before > {FILE}; {SLEEPER} > /dev/null 2>&1 &")
    before = time.perf_counter()
    guest.snapshot("before")
    saved = time.perf_counter()
    _undo(guest)
    undone, uptime = time.perf_counter(), _uptime(guest)
    guest.restore("before")
    rolled = time.perf_counter()
    ways = "QEMU's `savevm`", "QEMU's `loadvm`"
    return _rows(guest, (saved - before, rolled - undone), ways, uptime)


def _undo(runtime: Runtime) -> None:
    """Remove the file, end the process, and let a second go by on the clock."""
    number = "$(ps | sed -n 's/^ *\\([0-9]*\\) .*[4]242/\\1/p')"
    runtime.run_inside(f"rm {FILE}; kill {number}; sleep 1")


def _uptime(runtime: Runtime) -> float:
    return float(runtime.run_inside("cat /proc/uptime").split()[0])


def _rows(
    runtime: Runtime, seconds: tuple[float, float], ways: tuple[str, str], uptime: float
) -> tuple[Measurement, ...]:
    clock = _uptime(runtime) < uptime
    file = _is_there(runtime, FILE)
    process = bool(runtime.run_inside("ps | grep '[4]242' || true"))
    return (
        measured("save", runtime, seconds[:1], unit="s", how=ways[0]),
        measured("roll back", runtime, seconds[1:], unit="s", how=ways[1]),
        measured("file rolled back", runtime, [file], how="a file removed since is there again"),
        measured("process rolled back", runtime, [process], how="a process ended since runs again"),
        measured("clock rolled back", runtime, [clock], how="/proc/uptime is less than it was"),
    )


def _container_survival() -> Iterator[Measurement]:
    volume = f"{docker_engine.PROJECT}-survival-{secrets.token_hex(4)}"
    with _volume(volume), _image_name() as (name, tag):
        with Container("tiny", writable=True, volume=volume) as runtime:
            runtime.run_inside(f"echo kept > {FILE}; echo kept > {KEPT}")
            runtime.container.restart(timeout=0)
            yield _survived("restart", runtime, FILE, "`docker restart`")
            runtime.container.commit(name, tag, changes=f"LABEL lab={docker_engine.PROJECT}")
        with Container("tiny", volume=volume) as runtime:
            yield _survived("remove", runtime, FILE, "`docker rm`, and a new container")
            yield _survived("volume", runtime, KEPT, "the same, for a file in a volume")
        with Container("tiny", image=f"{name}:{tag}") as runtime:
            yield _survived("commit", runtime, FILE, "`docker commit`, and a container of that")


def _guest_survival(guest: VirtualMachine) -> Iterator[Measurement]:
    guest.run_inside(f"mkdir -p /own; echo kept > {FILE}")
    guest.snapshot("kept")
    guest.run_inside(f"rm {FILE}")
    guest.restore("kept")
    yield _survived("snapshot", guest, FILE, "`savevm`, removing the file, `loadvm`")
    with VirtualMachine("tiny", warm=True) as another:
        yield _survived("remove", another, FILE, "ending QEMU, and a new guest")


@contextlib.contextmanager
def _guest(subject: Subject) -> Iterator[VirtualMachine]:
    with up(subject, "tiny") as runtime:
        assert isinstance(runtime, VirtualMachine)  # noqa: S101 - its kind says so
        yield runtime


def _survived(what: str, runtime: Runtime, file: str, how: str) -> Measurement:
    return measured(what, runtime, [_is_there(runtime, file)], how=f"is a file there after {how}?")


def _is_there(runtime: Runtime, file: str) -> bool:
    return runtime.run_inside(IS_THERE.format(file)).strip() == "yes"


@contextlib.contextmanager
def _image_name() -> Iterator[tuple[str, str]]:
    """Name and tag for an image to be committed; it is gone afterwards."""
    name, tag = f"{docker_engine.PROJECT}/committed", secrets.token_hex(4)
    try:
        yield name, tag
    finally:
        Container("tiny").remove_image(f"{name}:{tag}")


@contextlib.contextmanager
def _volume(name: str) -> Iterator[None]:
    volume = Container("tiny").engine.client.volumes.create(
        name, labels={"lab": docker_engine.PROJECT}
    )
    try:
        yield
    finally:
        volume.remove(force=True)
