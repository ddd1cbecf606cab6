"""Records what notebook 03 shows, for computers without an engine.

`python -m lab_utils.compose.record` runs the notebook's solution on an engine, with every output
kept by the functions that show it, then tries the orders of a change that it does not show.
"""

from __future__ import annotations

import os

import nbformat
from rich.console import Console

from lab_utils import notebooks, stack
from lab_utils.compose.change import ORDERS
from lab_utils.compose.lesson import Lesson, tape_of
from lab_utils.compose.live import Live
from lab_utils.stack.containers import ContainerStack

NOTEBOOK = notebooks.SOLUTIONS / "03_compose.ipynb"


def main() -> None:
    """Make the recording anew.

    Raises:
        EngineUnavailable: no engine answers.
        LabError: a cell of the notebook failed.
    """
    console = Console(highlight=False)
    here = stack.choose("containers", console.print)
    if not isinstance(here, ContainerStack):
        raise TypeError(here)
    os.environ["LAB_RECORD"] = "1"
    console.print(f"running {NOTEBOOK.name}")
    notebooks.run(nbformat.read(NOTEBOOK, as_version=4), NOTEBOOK)
    here.up(console.print)
    try:
        lab = Live(here, tape_of(here))
        for order in ORDERS:
            console.print(str(lab.replace(list(order))))
        _ask_the_broken_shop(lab)
    finally:
        here.down(console.print)


def _ask_the_broken_shop(lab: Lesson) -> None:
    """What exercise 03.6 has to be solved with, all of one and the same end."""
    broken = lab.sample("broken")
    broken.run("docker compose up --detach")
    broken.ended()
    for command in ("ps --all", "logs", "logs --timestamps"):
        broken.run(f"docker compose {command}")
    broken.down()


if __name__ == "__main__":
    main()
