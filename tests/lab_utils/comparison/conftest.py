"""Measurements as a machine might give them, so that what is made of them can be looked at."""

from dataclasses import replace

import pytest

from lab_utils.measurements import Measurement

HOST = "a machine of a test, 2 processors"
KEPT = {"recorded": True, "commit": "abc1234", "host": "another machine of a test, 4 processors"}

MEASURED = {
    ("start to first answer", "s"): {
        "process": (0.02, 0.03, 0.02),
        "container": (0.3, 0.25, 0.28),
        "vm": (2.6, 2.4, 2.5),
    },
    ("start from a snapshot", "s"): {"vm": (0.3, 0.35, 0.4)},
    ("image size", "bytes"): {"process": (2e6,), "container": (2.1e6,), "vm": (13e6,)},
    ("idle memory", "bytes"): {"process": (1e6,), "container": (8e5,), "vm": (2e8,)},
    ("how many fit into a gigabyte", "count"): {"process": (400,), "container": (110,), "vm": (5,)},
    ("kernel", ""): {
        "process": ("6.12.1-host",),
        "container": ("6.12.1-host",),
        "vm": ("6.12.117-guest",),
    },
    ("boot id", ""): {
        "process": ("11111111-aaaa",),
        "container": ("11111111-aaaa",),
        "vm": ("22222222-bbbb",),
    },
    ("processes seen", "count"): {"process": (146,), "container": (2,), "vm": (56,)},
    ("memory seen", "bytes"): {"process": (8e9,), "container": (8e9,), "vm": (9e7,)},
    ("exit code", ""): {"container": (137,)},
    ("restart", ""): {"container": (True,)},
    ("remove", ""): {"container": (False,)},
    ("commit", ""): {"container": (True,)},
    ("volume", ""): {"container": (True,)},
    ("second image adds", "bytes"): {"container": (20_000,)},
    ("host goes on", ""): {"vm": (True,)},
    ("neighbour goes on", ""): {"vm": (True,)},
    ("file rolled back", ""): {"container": (True,), "vm": (True,)},
    ("process rolled back", ""): {"container": (False,), "vm": (True,)},
}


def one(what, unit, kind, values):
    return Measurement(
        what=what,
        server="tiny",
        runtime=kind,
        values=values,
        unit=unit,
        how="as a test has it",
        accelerator="tcg" if kind == "vm" else "",
        host=HOST,
        date="2026-11-25T10:00:00+00:00",
    )


@pytest.fixture
def measured():
    return tuple(
        one(what, unit, kind, values)
        for (what, unit), row in MEASURED.items()
        for kind, values in row.items()
    )


@pytest.fixture
def changed(measured):
    """The same with one value another: `changed("boot id", "vm", "11111111-aaaa")`."""

    def change(what, kind, *values):
        return tuple(
            replace(seen, values=values) if (seen.what, seen.runtime) == (what, kind) else seen
            for seen in measured
        )

    return change


@pytest.fixture
def kept(measured):
    """The same as recorded on another machine."""
    return tuple(replace(seen, **KEPT) for seen in measured)
