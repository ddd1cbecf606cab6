"""What the exercises of notebook 01 try out on the system itself, small and safe.

Where this machine lacks the runtime, a trial says what is known instead, and that it did not try.
"""

from __future__ import annotations

import contextlib
import platform
import posixpath
import secrets
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError

from lab_utils import docker_engine
from lab_utils.docker_engine import Engine
from lab_utils.runtimes import Container, Unavailable, VirtualMachine

UNTRIED = " (by the rules: it could not be tried on this computer)"

HOG_BYTES = 64 * 2**20
"""What the hog fills: into memory, since it is one line that has no end."""

HOG = f"head -c {HOG_BYTES} /dev/zero | tail -n 1 > /dev/null"
HOG_TIMEOUT = 60

VOLUME_AT = "/kept"
"""Where a container of the lab has its volume, if it has one."""

FENCED = 4
"""The most processes seen by a shell alone in its namespace: itself, a subshell, `ls`, `wc`."""


@dataclass(frozen=True)
class Hog:
    """How a program ended that fills its memory.

    Attributes:
        exit_code: of the program's container.
        out_of_memory: whether the engine noted that the kernel ended it for memory.
        said: the engine's or the program's own words; empty if none.
    """

    exit_code: int
    out_of_memory: bool
    said: str


@dataclass(frozen=True)
class Note:
    """What became of a note that was written in a container.

    Attributes:
        written: whether it could be written.
        found_again: whether a new container with the same volume has it.
        how: what was said, or that it was not tried; empty if nothing.
    """

    written: bool
    found_again: bool
    how: str = ""


@dataclass(frozen=True)
class Fence:
    """What a shell in namespaces of its own sees, and what of it shows outside.

    Attributes:
        processes: how many it sees; None if it could not go on.
        names_leaked: whether the guest outside has the shell's host name.
        mounts_leaked: whether the guest outside has the shell's mount.
        said: its last words, where it could not go on.
        how: that it was not tried; else empty.
    """

    processes: int | None
    names_leaked: bool
    mounts_leaked: bool
    said: str = ""
    how: str = ""


def engine_has_a_kernel_of_its_own() -> bool:
    """Whether containers stand on another kernel than this computer's; no where no engine is."""
    engine = _engine()
    if engine is None:
        return False
    return bool(engine.client.info()["KernelVersion"] != platform.release())


def hog(limits: dict[str, str]) -> Hog | None:
    """Run a program that fills `HOG_BYTES` of memory in a container under limits.

    Args:
        limits: as the Docker SDK names them: `mem_limit`, `memswap_limit`.

    Returns:
        How it ended; None where no engine answers.
    """
    tiny = Container("tiny")
    try:
        tiny.demand()
    except Unavailable:
        return None
    engine = docker_engine.find(with_compose=False)
    try:
        box = engine.client.containers.create(
            tiny.image,
            ["sh", "-c", HOG],
            labels={"lab": docker_engine.PROJECT},
            network_disabled=True,
            **limits,  # type: ignore[arg-type]
        )
    except APIError as refused:
        return Hog(125, out_of_memory=False, said=str(refused.explanation))
    try:
        box.start()
        code = int(box.wait(timeout=HOG_TIMEOUT)["StatusCode"])
        box.reload()
        killed = bool(box.attrs["State"]["OOMKilled"])
        return Hog(code, killed, box.logs(tail=3).decode(errors="replace").strip())
    finally:
        box.remove(force=True)


def note(path: str) -> Note:
    """Write a note to a path in a container, remove it, and look for the note in a new one.

    Both have the same volume, at `VOLUME_AT`.
    """
    try:
        Container("tiny").demand()
    except Unavailable:
        kept = posixpath.normpath(path).startswith(f"{VOLUME_AT}/")
        return Note(written=True, found_again=kept, how=UNTRIED)
    word, place = secrets.token_hex(4), shlex.quote(path)
    with _volume() as volume:
        with Container(writable=True, volume=volume) as first:
            code, said = _as_either(first, f"echo {word} > {place}")
        if code:
            return Note(written=False, found_again=False, how=said)
        with Container(writable=True, volume=volume) as second:
            _, found = _as_either(second, f"cat {place}")
    return Note(written=True, found_again=found == word)


def _as_either(box: Container, script: str) -> tuple[int, str]:
    """A script's exit code and words: of the image's user or, where that one may not, of root.

    Root has no privileges here beyond owning what is its own, so neither may write everywhere.
    """
    code, said = box.exit_and_output(script)
    if code:
        done: Any = box.container.exec_run(["sh", "-c", script], user="0")
        code, said = int(done.exit_code or 0), done.output.decode(errors="replace")
    return code, said.strip()


def fence(flags: tuple[str, ...]) -> Fence:
    """Start a shell with `unshare` and these flags in a guest, and look from both sides.

    Args:
        flags: of `--pid`, `--fork`, `--mount`, `--uts`, `--ipc`, `--net`.
    """
    try:
        with VirtualMachine("tiny", warm=True) as vm:
            said = vm.run_inside(_script(flags))
    except Unavailable:
        return _known(frozenset(flags))
    inside, _, outside = said.partition("outside:")
    counted = [line for line in inside.splitlines() if line.startswith("sees ")]
    return Fence(
        processes=int(counted[0].split()[1]) if counted else None,
        names_leaked="box" in outside.split(),
        mounts_leaked="mark" in outside.split(),
        said=inside.strip(),
    )


def _script(flags: tuple[str, ...]) -> str:
    inner = (
        "hostname box; mkdir -p /tmp/fenced; mount -t tmpfs fenced /tmp/fenced; "
        "touch /tmp/fenced/mark; mount -t proc proc /proc; echo sees $(ls -d /proc/[0-9]* | wc -l)"
    )
    # busybox's unshare has a letter alone for this one
    words = " ".join("-f" if flag == "--fork" else flag for flag in flags)
    return f"unshare {words} sh -c '{inner}'\necho outside: $(hostname) $(ls /tmp/fenced)\n"


def _known(flags: frozenset[str]) -> Fence:
    """What is known of each flag, for where there is no guest to try it in."""
    alone = {"--pid", "--fork"} <= flags
    stuck = "--pid" in flags and not alone
    return Fence(
        processes=None if stuck else FENCED if alone else FENCED + 50,
        names_leaked="--uts" not in flags,
        mounts_leaked="--mount" not in flags,
        said="sh: can't fork: Cannot allocate memory" if stuck else "",
        how=UNTRIED,
    )


def _engine() -> Engine | None:
    try:
        return docker_engine.find(with_compose=False)
    except docker_engine.EngineUnavailable:
        return None


@contextlib.contextmanager
def _volume() -> Iterator[str]:
    """A volume of ours, for a while."""
    engine = docker_engine.find(with_compose=False)
    volume = engine.client.volumes.create(
        f"{docker_engine.PROJECT}_note-{secrets.token_hex(4)}",
        labels={"lab": docker_engine.PROJECT},
    )
    try:
        yield str(volume.name)
    finally:
        volume.remove(force=True)
