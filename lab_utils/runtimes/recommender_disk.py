"""recommender-a's container image, and its model, as the disk of a virtual machine."""

from __future__ import annotations

import shlex
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from docker.models.containers import Container as EngineContainer
from filelock import FileLock

from lab_utils.runtimes import recommender
from lab_utils.runtimes.container import Container
from lab_utils.vm import disks
from lab_utils.vm.guest import CACHE

START = "start"
"""At the disk's root: the program that the guest's `init` starts, as the image says."""


def disk() -> Path:
    """The disk, raw; made at first use of each image, in about ten seconds.

    Raises:
        LabError: there is no engine, no image, or no `mke2fs`.
    """
    runtime = Container("recommender-a")
    runtime.demand()
    image = runtime.engine.client.images.get(runtime.image)
    model = recommender.model()
    path = CACHE / f"{image.short_id.removeprefix('sha256:')}-{model.name}.raw"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(CACHE / "disk.lock"):
        if not path.exists():
            _make(runtime, image.attrs["Config"], model, path)
    return path


def _make(runtime: Container, config: dict[str, Any], model: Path, path: Path) -> None:
    box = runtime.engine.client.containers.create(runtime.image, labels=runtime.labels)
    try:
        with TemporaryDirectory(dir=CACHE) as name:
            folder = Path(name)
            _unpack(box, folder)
            shutil.copytree(model, folder / "model", dirs_exist_ok=True)
            (folder / START).write_text(_start(config), encoding="utf-8")
            (folder / START).chmod(0o755)
            unfinished = path.with_suffix(".part")
            disks.from_folder(folder, unfinished)
            unfinished.rename(path)
    finally:
        box.remove(force=True)


def _unpack(box: EngineContainer, folder: Path) -> None:
    """All files and links of a container; without root there are no devices, and none is needed."""
    stream: Any = _Stream(cast("Iterator[bytes]", box.export()))
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        # By this attribute, as Debian 12's Python takes no `filter`: all that is in it goes there.
        archive.extraction_filter = lambda member, _folder: member
        for member in archive:
            if not (member.isdev() or member.isfifo()):
                _make_ours(member, folder)
                archive.extract(member, folder)


def _make_ours(member: tarfile.TarInfo, folder: Path) -> None:
    """As in the image, but ours, and readable for us who pack it into the disk."""
    about = folder.stat()
    member.uid, member.gid = about.st_uid, about.st_gid
    member.uname = member.gname = ""
    member.mode = (member.mode | (0o700 if member.isdir() else 0o600)) & 0o777


def _start(config: dict[str, Any]) -> str:
    """A script that does what the engine does with an image: variables, folder, command."""
    variables = [
        f"export {name}={shlex.quote(value)}"
        for name, _, value in (each.partition("=") for each in config["Env"])
    ]
    command = shlex.join([*config["Entrypoint"], *config["Cmd"]])
    return "\n".join(["#!/bin/sh", *variables, f"cd {config['WorkingDir']}", f"exec {command}", ""])


class _Stream:
    """Chunks of bytes, read as a file from its beginning to its end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer at the end."""
        while len(self._held) < size and (chunk := next(self._chunks, b"")):
            self._held += chunk
        given, self._held = self._held[:size], self._held[size:]
        return given
