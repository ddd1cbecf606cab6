"""All exercises there are: those of every module of this room."""

from __future__ import annotations

import importlib
import pkgutil

from lab_utils import checks
from lab_utils.checks.exercise import Exercise


def exercises() -> dict[str, list[Exercise]]:
    """Module name to its exercises by number, of the modules that have any."""
    found = {each.name: _in_module(each.name) for each in pkgutil.iter_modules(checks.__path__)}
    return {name: some for name, some in found.items() if some}


def _in_module(name: str) -> list[Exercise]:
    module = importlib.import_module(f"{checks.__name__}.{name}")
    some = [each for each in vars(module).values() if isinstance(each, Exercise)]
    return sorted(some, key=lambda each: each.number)
