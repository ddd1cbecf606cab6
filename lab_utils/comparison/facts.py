"""What was measured, side by side: a row for each thing, a column for each runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lab_utils.comparison import wording
from lab_utils.comparison.shown import Table
from lab_utils.measurements import Measurement, Subject
from lab_utils.measurements.provenance import kind_of
from lab_utils.runtimes import KINDS, Kind, Unavailable

NAMES: dict[Kind, str] = {
    "process": "process",
    "container": "container",
    "vm": "virtual machine",
}


def across(
    measure: Callable[..., Measurement | tuple[Measurement, ...]],
    *subjects: Subject,
    **options: Any,
) -> tuple[Measurement, ...]:
    """Measure the same in several runtimes, live or, where this machine cannot, as recorded.

    A runtime that can neither be measured here nor was recorded is left out, and said so.

    Args:
        measure: a function of `lab_utils.measurements` that takes a runtime.
        subjects: the runtimes, by kind or one that is up; by default all three kinds.
        options: for `measure`.
    """
    found: list[Measurement] = []
    for subject in subjects or KINDS:
        try:
            seen = measure(subject, **options)
        except Unavailable as missing:
            print(f"no figures of a {NAMES[kind_of(subject)]}: {missing.found}")
        else:
            found += [seen] if isinstance(seen, Measurement) else seen
    return tuple(found)


def side_by_side(measured: Sequence[Measurement]) -> Table:
    """A row for each `what`, in the order given, and below it where recorded figures are from."""
    names = dict.fromkeys(seen.what for seen in measured)
    kinds = [kind for kind in KINDS if any(seen.runtime == kind for seen in measured)]
    rows = []
    for what in names:
        of = {seen.runtime: seen for seen in measured if seen.what == what}
        rows.append((what, *(wording.said(of.get(kind)) for kind in kinds)))
    notes = wording.sources(measured, among=lambda seen: seen.recorded)
    return Table(("", *(NAMES[kind] for kind in kinds)), tuple(rows), tuple(notes))
