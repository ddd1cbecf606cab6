"""What a second image costs that has most of its files in common with a first one."""

from __future__ import annotations

import io
import secrets
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lab_utils import docker_engine
from lab_utils.measurements import Measurement
from lab_utils.measurements.provenance import live_or_recorded, measured
from lab_utils.runtimes import Container

LAYERS = ("layers of the first image", "layers of a second one", "second image adds")

NOTE_BYTES = 20_000
"""Of the one file that the second image has on top."""


def second_image() -> tuple[Measurement, ...]:
    """One file more on top of the tiny server's image, as another image: what is new on the disk.

    `layers of the first image`, `layers of a second one` (counts), `second image adds` (bytes).
    """
    return live_or_recorded(LAYERS, "container", "tiny", _live)


def _live() -> tuple[Measurement, ...]:
    with Container("tiny") as first, _with_a_note(first) as name:
        images = first.engine.client.images
        below, above = images.get(first.image).attrs, images.get(name).attrs
        layers, more = below["RootFS"]["Layers"], above["RootFS"]["Layers"]
        shared = [layer for layer in more if layer in layers]
        how = f"{len(shared)} of its {len(more)} layers are the first image's own"
        return (
            measured(
                LAYERS[0], first, [len(layers)], unit="count", how="layers of its file system"
            ),
            measured(LAYERS[1], first, [len(more)], unit="count", how=how),
            measured(
                LAYERS[2], first, [_new_bytes(below, above)], unit="bytes", how="size minus size"
            ),
        )


def _new_bytes(below: dict[str, Any], above: dict[str, Any]) -> int:
    return int(above["Size"]) - int(below["Size"])


@contextmanager
def _with_a_note(first: Container) -> Iterator[str]:
    """An image made of a container with one file more, for a while; its name."""
    repository, tag = f"{docker_engine.PROJECT}/second", secrets.token_hex(4)
    box = first.engine.client.containers.create(first.image, labels={"lab": docker_engine.PROJECT})
    try:
        box.put_archive("/own", _note())
        box.commit(repository, tag, changes=f"LABEL lab={docker_engine.PROJECT}")
        yield f"{repository}:{tag}"
    finally:
        box.remove(force=True)
        first.remove_image(f"{repository}:{tag}")


def _note() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        about = tarfile.TarInfo("note")
        about.size = NOTE_BYTES
        archive.addfile(about, io.BytesIO(bytes(NOTE_BYTES)))
    return packed.getvalue()
