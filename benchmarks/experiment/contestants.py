"""Who takes part, how each is started, and whether they agree."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_utils import commands
from lab_utils.errors import LabError
from lab_utils.paths import ROOT

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
AGREE = 1e-9
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
UV = (
    *(sys.executable, "-m", "uv", "run", "--quiet", "--no-project", "--isolated", "--python"),
    *(sys.executable, "--with-requirements", str(REQUIREMENTS)),
)
"""A Python with the peers' packages, made at the first run and kept in uv's cache."""


@dataclass(frozen=True)
class Contestant:
    """One way from the log to the comparison.

    Attributes:
        name: as in the command line.
        title: as in the table.
        words: the command, to which the log's path is added.
    """

    name: str
    title: str
    words: tuple[str, ...]


OURS = Contestant("lab", "the lab", (sys.executable, "-m", "benchmarks.experiment.by_lab"))
CONTESTANTS = (
    OURS,
    Contestant("pandas", "plain pandas", (sys.executable, str(HERE / "by_pandas.py"), "plain")),
    Contestant(
        "tea-tasting",
        "pandas, tea-tasting",
        (*UV, "python", str(HERE / "by_pandas.py"), "tea"),
    ),
    Contestant("duckdb", "DuckDB, no proof", (sys.executable, str(HERE / "by_duckdb.py"))),
)


@dataclass(frozen=True)
class Run:
    """One contestant's turn.

    Attributes:
        number: the round, from 1.
        name: whose turn it was.
        wall_s: from the start of the process to its end.
        imports_s: of these, until all it needs is imported; its package manager's time included.
        read_s: then until there are sums per user.
        analysis_s: then until the variants are compared.
        cpu_s: user and system time of the process, all its threads together.
        peak_mb: the most memory it held.
        metrics: by metric, by column of the result table, what it found.
    """

    number: int
    name: str
    wall_s: float
    imports_s: float
    read_s: float
    analysis_s: float
    cpu_s: float
    peak_mb: float
    metrics: Mapping[str, Mapping[str, float]]


def run(contestant: Contestant, number: int, log: Path) -> Run:
    """One turn.

    Raises:
        CommandFailed: the contestant ended with an error.
    """
    started = time.perf_counter()
    done = commands.run(
        [*contestant.words, str(log)],
        doing=f"running {contestant.title}",
        folder=ROOT,
        environment=_environment(),
    )
    wall_s = time.perf_counter() - started
    said = json.loads(done.stdout)
    # Linux has one monotonic clock for all processes
    return Run(
        number=number,
        name=contestant.name,
        wall_s=wall_s,
        imports_s=said["imported_at"] - started,
        read_s=said["read_at"] - said["imported_at"],
        analysis_s=said["compared_at"] - said["read_at"],
        cpu_s=said["cpu_s"],
        peak_mb=said["peak_mb"],
        metrics=said["metrics"],
    )


def missing(contestants: Sequence[Contestant]) -> dict[str, str]:
    """Why some cannot take part here, by name."""
    absent = {}
    for contestant in contestants:
        if contestant.words[: len(UV)] != UV:
            continue
        asked = commands.run(
            [*UV, "python", "-c", "import tea_tasting"],
            doing="looking for tea-tasting",
            check=False,
            environment=_environment(),
        )
        if asked.exit_code:
            why = (asked.stderr.strip().splitlines() or ["no word why"])[-1]
            absent[contestant.name] = f"uv cannot have its packages ({why}); connect to the network"
    return absent


def disagreements(runs: Sequence[Run]) -> list[str]:
    """Where contestants found other numbers than the first one, in words; empty if nowhere."""
    told = []
    first = runs[0]
    for other in runs[1:]:
        for metric, column, mine, theirs in _pairs(first.metrics, other.metrics):
            if not math.isclose(mine, theirs, rel_tol=AGREE, abs_tol=AGREE):
                told.append(
                    f"{column} of {metric}: {mine!r} by {first.name}, {theirs!r} by {other.name}"
                )
    return told


def demand_agreement(runs: Sequence[Run]) -> None:
    """Raise unless all found the same.

    Raises:
        LabError: they did not; times of different results are no comparison.
    """
    if told := disagreements(runs):
        raise LabError(
            "comparing what the contestants found",
            "\n".join(told),
            "find out who is wrong before believing any time",
        )


def _pairs(
    mine: Mapping[str, Mapping[str, float]], theirs: Mapping[str, Mapping[str, float]]
) -> list[tuple[str, str, float, float]]:
    return [
        (metric, column, mine[metric][column], value)
        for metric, columns in theirs.items()
        for column, value in columns.items()
    ]


def _environment() -> dict[str, Any]:
    # without its bytecode every Python would compile pandas and scipy anew, which takes longer than
    # most logs; uv trusts what this machine trusts, as the launcher has it
    kept = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
    return {**kept, "UV_SYSTEM_CERTS": "1"}
