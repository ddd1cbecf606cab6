"""Everything that is measured, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from lab_utils import measurements
from lab_utils.errors import LabError
from lab_utils.measurements import Measurement
from lab_utils.runtimes import KINDS, Kind, Server

Result = Measurement | tuple[Measurement, ...]
Say = Callable[[str], None]

STARTS = 5
"""Of each tiny server; the recommender, which takes longer, starts three times."""

GUESTS: tuple[Kind, ...] = ("container", "vm")
"""What can be limited, saved and rolled back."""

LIMIT = 0.5
"""Cores of the container that is limited."""


def all_of(server: Server, say: Say) -> Iterator[Measurement]:
    """Every measurement that makes sense for a server, live where this machine can.

    Args:
        server: the tiny one gets all of them, the recommender those of starting and of sizes.
        say: told what cannot be measured here, and was not recorded either.
    """
    for work in [*_sizes(server), *(_behaviour() if server == "tiny" else [])]:
        try:
            result = work()
        except LabError as error:
            say(f"left out: while {error.doing}: {error.found}")
            continue
        yield from result if isinstance(result, tuple) else (result,)


def _sizes(server: Server) -> Iterator[Callable[[], Result]]:
    starts = STARTS if server == "tiny" else 3
    for kind in KINDS:
        yield partial(measurements.start_to_first_answer, kind, server, starts=starts)
    yield partial(measurements.start_from_snapshot, server, starts=starts)
    for measure in (measurements.idle_memory, measurements.image_size, measurements.density):
        for kind in KINDS if server == "tiny" or measure is not measurements.density else ():
            yield partial(measure, kind, server)


def _behaviour() -> Iterator[Callable[[], Result]]:
    for measure in (measurements.seen_inside, measurements.cpu_share):
        for kind in KINDS:
            yield partial(measure, kind)
    yield partial(measurements.cpu_share, "container", limit=LIMIT)
    for ask in (
        measurements.limits_enforced,
        measurements.save_and_roll_back,
        measurements.survival,
    ):
        for kind in GUESTS:
            yield partial(ask, kind)
    yield measurements.panic_beside_host
