"""Measure everything on this machine and keep it for machines that cannot.

`./lab bench runtimes --record` writes `data/recorded/runtimes.json` and `container-by-hand.json`.
It takes a Docker Engine, QEMU, and about four minutes without other work.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from lab_utils import commands
from lab_utils import measurements as measure
from lab_utils.comparison import transcript
from lab_utils.comparison.sharing import second_image
from lab_utils.errors import LabError
from lab_utils.measurements import Measurement, recorded
from lab_utils.paths import ROOT
from lab_utils.runtimes import KINDS, SERVERS, Kind

FENCED: tuple[Kind, ...] = ("container", "vm")


def everything() -> Iterator[Measurement]:
    """Every measurement there is, of both servers in every runtime that it makes sense in."""
    for server, kind in itertools.product(SERVERS, KINDS):
        yield measure.start_to_first_answer(kind, server)
        yield measure.idle_memory(kind, server)
        yield measure.image_size(kind, server)
        yield from measure.seen_inside(kind, server)
        yield measure.density(kind, server)
    for server in SERVERS:
        yield measure.start_from_snapshot(server)
    for kind in FENCED:
        yield from measure.limits_enforced(kind)
        yield from measure.survival(kind)
        yield from measure.save_and_roll_back(kind)
    for kind in KINDS:
        yield measure.cpu_share(kind)
    yield measure.cpu_share("container", limit=0.5)
    yield from measure.panic_beside_host()
    yield from second_image()


def keep(found: Sequence[Measurement]) -> None:
    """Write both files.

    Args:
        found: what `everything` gave on this machine.

    Raises:
        LabError: this machine cannot measure all of it, so that some figures would be another's.
    """
    for seen in found:
        if seen.recorded:
            what = f"{seen.what} in a {seen.runtime} cannot be measured here"
            raise LabError("recording figures", what, "install what `./lab doctor` misses")
    asked = commands.run(["git", "rev-parse", "--short", "HEAD"], doing="asking git", folder=ROOT)
    commit, guest = asked.stdout.strip(), next(seen for seen in found if seen.runtime == "vm")
    recorded.save(recorded.RECORDED, found, commit)
    where = (
        f"at commit {commit} on {guest.date[:10]}: {guest.host}, guest under {guest.accelerator}"
    )
    transcript.by_hand().save(transcript.RECORDED, where)
