"""What this computer can run, and what is shown instead of what it cannot."""

from __future__ import annotations

from lab_utils.comparison.facts import NAMES
from lab_utils.comparison.shown import Table
from lab_utils.measurements import load
from lab_utils.runtimes import KINDS, Kind, Unavailable, make
from lab_utils.vm import accelerator, hosts


def what_is_live() -> Table:
    """A row for each runtime: live or recorded, and how it could be had."""
    rows = tuple(_row(kind) for kind in KINDS)
    shown = {seen.provenance for seen in load() if seen.server == "tiny"}
    notes = sorted(shown) if any(row[1] != "live" for row in rows) else []
    return Table(("runtime", "figures are", "because"), rows, tuple(notes))


def _row(kind: Kind) -> tuple[str, ...]:
    try:
        make(kind).demand()
    except Unavailable as missing:
        return (NAMES[kind], "recorded", f"{missing.found}. To have it: {missing.next_step}")
    why = _how_a_guest_runs() if kind == "vm" else "it runs here"
    return (NAMES[kind], "live", why)


def _how_a_guest_runs() -> str:
    host = hosts.find()
    found = accelerator.known(host)
    return f"a guest booted with {found.name}{host.where}" if found else "it runs here"
