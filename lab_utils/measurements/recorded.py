"""Figures recorded on a named kind of machine, for where nothing can be measured."""

from __future__ import annotations

import json
from pathlib import Path

from lab_utils.measurements.result import Measurement
from lab_utils.paths import DATA

RECORDED = DATA / "recorded" / "runtimes.json"


def load(path: Path = RECORDED) -> tuple[Measurement, ...]:
    """Every recorded figure, each with `recorded=True`; none where there is no such file."""
    if not path.exists():
        return ()
    kept = json.loads(path.read_text("utf-8"))
    return tuple(Measurement.from_json(each) for each in kept["measurements"])


def save(path: Path, measured: tuple[Measurement, ...], commit: str) -> None:
    """Write what was measured here as figures recorded at a commit."""
    kept = [{**each.to_json(), "recorded": True, "commit": commit} for each in measured]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"measurements": kept}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
