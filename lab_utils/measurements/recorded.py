"""Figures recorded on a named kind of machine, for where nothing can be measured."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from lab_utils.measurements.result import Measurement
from lab_utils.paths import DATA
from lab_utils.runtimes.base import Kind, Server

RECORDED = DATA / "recorded" / "runtimes.json"


def load(path: Path = RECORDED) -> tuple[Measurement, ...]:
    """Every recorded figure, each with `recorded=True`; none where there is no such file."""
    if not path.exists():
        return ()
    kept = json.loads(path.read_text("utf-8"))
    return tuple(Measurement.from_json(each) for each in kept["measurements"])


def find(names: Iterable[str], kind: Kind, server: Server) -> tuple[Measurement, ...]:
    """The records of these names for one server in one runtime, in the order of the names."""
    known = {each.what: each for each in load() if (each.runtime, each.server) == (kind, server)}
    return tuple(known[name] for name in names if name in known)


def save(path: Path, measurements: Iterable[Measurement], commit: str) -> None:
    """Write what was measured here as figures recorded at a commit."""
    kept = [replace(each, recorded=True, commit=commit).to_json() for each in measurements]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"measurements": kept}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
