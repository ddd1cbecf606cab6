"""Worlds that have fooled people: each with a truth, and a way to miss it.

Notebook 06 lets each of them mislead its reader once, and then looks at `World.truth`.
"""

from __future__ import annotations

from lab_utils.experiment.population import Device
from lab_utils.experiment.simulator import World

SAME = {"a": 0.12, "b": 0.12}
"""Variants that do not differ: whatever is found is a false alarm."""

REPEAT_VISITS = World(SAME, visits_per_user=8)
"""Users who come eight times, and whose visits resemble each other."""

ONE_VISIT = World(SAME, users=7_000)
"""500 new users a day, each of whom comes once."""

LEAKING = World(
    {"a": 0.138, "b": 0.134},
    users=20_000,
    devices={
        "phone": Device(0.6, rates={"a": 0.03, "b": 0.03}, slower=2),
        "desktop": Device(0.4, rates={"a": 0.30, "b": 0.29}),
    },
    latency_ms=400,
    slower={"b": 2.2},
    patience_ms=2_000,
)
"""b is slow, phones are slower, and visitors who have gone leave no line in the log."""

RAMPING_UP = World(
    {"a": 0.125, "b": 0.1425},
    users=30_000,
    devices={
        "phone": Device(0.1, 0.9, rates={"a": 0.05, "b": 0.065}),
        "desktop": Device(0.9, 0.1, rates={"a": 0.20, "b": 0.22}),
    },
)
"""A campaign brings phones while the treatment's share is raised; b is better on both."""

NOVEL = World(SAME, users=4_000, visits_per_user=8, days=28, novelty={"b": 1.6}, novelty_days=3)
"""b is looked at because it is new, and no better once it is known."""

MANY_METRICS = World(
    SAME,
    users=4_000,
    also={
        "started": 0.30,
        "finished": 0.14,
        "rated": 0.10,
        "liked": 0.22,
        "shared": 0.06,
        "saved": 0.18,
        "searched": 0.38,
        "scrolled": 0.34,
        "trailer": 0.10,
        "subtitles": 0.14,
        "paused": 0.18,
        "skipped": 0.22,
        "rewound": 0.26,
        "queued": 0.30,
        "reviewed": 0.04,
        "invited": 0.02,
        "returned": 0.40,
        "filtered": 0.14,
        "sorted": 0.18,
    },
)
"""Twenty metrics, none of which b moves."""
