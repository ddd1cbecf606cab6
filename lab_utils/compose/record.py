"""Records what notebook 03 shows, for computers without an engine.

`python -m lab_utils.compose.record` runs the notebook's solution on an engine, with every output
noted by the functions that show it, then tries the orders of a change that it does not show. A
new recording replaces the old one as a whole.
"""

from __future__ import annotations

import os

import nbformat
from rich.console import Console

from lab_utils import notebooks, stack
from lab_utils.compose.change import ORDERS
from lab_utils.compose.lesson import RECORD_TO, Lesson, all_ended, lesson
from lab_utils.compose.recording import RECORDED

NOTEBOOK = notebooks.SOLUTIONS / "03_compose.ipynb"


def main() -> None:
    """Make the recording anew.

    Raises:
        EngineUnavailable: no engine answers.
        LabError: a cell of the notebook failed; the old recording is kept.
    """
    console = Console(highlight=False)
    unfinished = RECORDED.with_suffix(".part.json")
    unfinished.unlink(missing_ok=True)
    os.environ[RECORD_TO] = str(unfinished)
    here = stack.choose("containers", console.print)
    here.up(console.print)
    try:
        lab = lesson(here)
        for order in ORDERS:
            console.print(str(lab.replace(list(order))))
        lab.mend()
        console.print(f"running {NOTEBOOK.name}")
        notebooks.run(nbformat.read(NOTEBOOK, as_version=4), NOTEBOOK)
        _ask_the_broken_shop(lab)
        unfinished.replace(RECORDED)
    finally:
        unfinished.unlink(missing_ok=True)
        here.down(console.print)


def _ask_the_broken_shop(lab: Lesson) -> None:
    """What exercise 03.6 has to be solved with, all of one and the same end."""
    broken = lab.sample("broken")
    broken.run("docker compose up --detach")
    all_ended(broken)
    for command in ("ps --all", "logs", "logs --timestamps"):
        broken.run(f"docker compose {command}")
    broken.down()


if __name__ == "__main__":
    main()
