"""The benchmarks: a folder each, peers beside ours in one run, every figure from that run."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from rich.console import Console

from lab_utils.errors import LabError


def summaries() -> dict[str, str]:
    """Name and first line of each benchmark."""
    found = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
    docs = {name: importlib.import_module(f"{__name__}.{name}").__doc__ or "" for name in found}
    return {name: doc.partition("\n")[0] for name, doc in docs.items()}


def run(name: str, words: Sequence[str], console: Console) -> int:
    """Run one benchmark with its own words; its exit code.

    Raises:
        LabError: there is none of that name, or it cannot be run here.
    """
    if name not in (known := summaries()):
        raise LabError(
            "looking for a benchmark",
            f"there is none called {name!r}",
            f"name one of: {', '.join(known)}",
        )
    command = importlib.import_module(f"{__name__}.{name}.command")
    return int(command.main(words, console))
