"""The lock files, made again: `./lab lock`. Versions and hashes, never an address.

requirements.lock is made from pyproject.toml; each image's requirements.txt from its own
requirements.in at the versions of requirements.lock, so that a service behaves the same as
a process and in its container; so is that of a benchmark's peers. environment.yml gives conda
users the same direct versions.
"""

from __future__ import annotations

import re
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from lab_utils import commands
from lab_utils.paths import CONTAINERS, ROOT

LOCK = ROOT / "requirements.lock"
CONDA = ROOT / "environment.yml"
PROJECT = ROOT / "pyproject.toml"
PEERS = ROOT / "benchmarks/experiment/requirements.in"

COMPILE = (
    *(
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--fork-strategy=fewest",
    ),
    *("--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-annotate"),
    "--custom-compile-command=./lab lock",
)

CONDA_HEAD = """\
# For users of conda; made by `./lab lock` from requirements.lock, with the same versions.
#   conda env create -f environment.yml && conda activate recitation
#   LAB_PYTHON=python ./lab demo
# Only Python itself is conda's: the packages are the very files that everyone else has.
name: recitation
channels: [conda-forge]
dependencies:
  - python >=3.11,<3.14
  - pip
  - pip:
"""


def pinned(text: str) -> dict[str, str]:
    """Package name to version, of each pin of a lock file that holds for Python 3.11 to 3.13."""
    pins = {}
    for line in re.findall(r"^[a-z0-9].*?(?= \\$)", text, re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"python_full_version": "3.13"}):
            continue
        pins[requirement.name] = str(requirement.specifier).removeprefix("==")
    return pins


def direct() -> list[Requirement]:
    """The direct dependencies of pyproject.toml."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    return [Requirement(text) for text in project["dependencies"]]


def make() -> list[Path]:
    """Write all lock files again, at the newest versions that fit.

    Returns:
        The files written.

    Raises:
        CommandFailed: the resolver found no solution, or no package index.
    """
    _compile(PROJECT, LOCK)
    written = [LOCK]
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        pins = pinned(LOCK.read_text("utf-8"))
        constraints.write_text("".join(f"{name}=={pins[name]}\n" for name in pins))
        for source in sorted([*CONTAINERS.glob("*/requirements.in"), PEERS]):
            target = source.with_suffix(".txt")
            _compile(source, target, "--constraint", str(constraints))
            written.append(target)
    CONDA.write_text(conda_text(), "utf-8")
    return [*written, CONDA]


def conda_text() -> str:
    """environment.yml as it should be, from pyproject.toml and requirements.lock."""
    pins = pinned(LOCK.read_text("utf-8"))
    lines = []
    for requirement in direct():
        marker = f" ; {requirement.marker}" if requirement.marker else ""
        lines.append(f"      - '{requirement.name}=={pins[requirement.name]}{marker}'\n")
    return CONDA_HEAD + "".join(lines)


def _compile(source: Path, target: Path, *more: str) -> None:
    commands.run(
        [*COMPILE, *more, "--output-file", str(target), str(source)],
        doing=f"locking {source.name}",
        folder=ROOT,
    )
