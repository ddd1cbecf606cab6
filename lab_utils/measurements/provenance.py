"""Where a figure is from: this machine, now, or a record of another."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil

from lab_utils.errors import LabError
from lab_utils.measurements import recorded
from lab_utils.measurements.result import Measurement, Value, now
from lab_utils.runtimes import make
from lab_utils.runtimes.base import Kind, Runtime, Server, Unavailable

Subject = Kind | Runtime
"""What is measured: a kind, of which one is started for it and stopped; or one that is up."""


@contextmanager
def up(subject: Subject, server: Server) -> Iterator[Runtime]:
    """One that runs: the subject itself, which goes on afterwards, or a new one of its kind."""
    if isinstance(subject, Runtime):
        yield subject
    else:
        with make(subject, server) as runtime:
            yield runtime


def measured(
    what: str, runtime: Runtime, values: Iterable[Value], *, unit: str = "", how: str
) -> Measurement:
    """A figure of this machine, taken just now."""
    return Measurement(
        what=what,
        server=runtime.server,
        runtime=runtime.kind,
        values=tuple(values),
        unit=unit,
        how=how,
        accelerator=runtime.accelerator,
        host=host(),
        date=now(),
    )


def live_or_recorded(
    names: Iterable[str],
    subject: Subject,
    server: Server,
    live: Callable[[], tuple[Measurement, ...]],
) -> tuple[Measurement, ...]:
    """What `live` measures; where this machine cannot, the records of the same names.

    Raises:
        Unavailable: it cannot, and nothing was recorded.
    """
    try:
        return live()
    except Unavailable:
        if found := recorded.find(names, kind_of(subject), server):
            return found
        raise


def kind_of(subject: Subject) -> Kind:
    """`process`, `container` or `vm`."""
    return subject.kind if isinstance(subject, Runtime) else subject


def demand_kind(subject: Subject, able: Iterable[Kind], doing: str, why: str) -> None:
    """Raise for a runtime of which a question makes no sense.

    Raises:
        LabError: its kind is not among those `able`.
    """
    if (kind := kind_of(subject)) not in (known := tuple(able)):
        raise LabError(f"{doing} a {kind}", why, f"ask about one of {', '.join(known)}")


@cache
def host() -> str:
    """The kind of this machine, in words, without its name."""
    return (
        f"{platform.system()} {platform.release().split('-')[0]}, {_processor()}, "
        f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 1e9:.0f} GB"
    )


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    text = about.read_text() if about.exists() else ""
    found = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()
