"""How far a long piece of work is, shown as fits the place where its words go."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.markup import escape

from lab_utils.build_log import MOUNTS, STEP

WIDTH = 100
"""Characters of a line of passing interest that are shown."""


@contextlib.contextmanager
def watching(console: Console) -> Iterator[Callable[[str], None]]:
    """What is told each line of the tools at work.

    On a terminal each line takes the place of the one before. Anywhere else (a file, a CI log)
    the steps of a build that are really worked on get a line each, and all other lines none.
    """
    if console.is_terminal:
        with console.status("starting") as status:
            yield lambda line: status.update(escape(line[:WIDTH]))
        return
    steps = Steps()

    def tell(line: str) -> None:
        if step := steps.begun(line):
            console.print(f"  {step}", markup=False, soft_wrap=True)

    yield tell


class Steps:
    """The steps of a build, found in BuildKit's plain progress."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._begun: tuple[str, str] | None = None

    def begun(self, line: str) -> str | None:
        """The step that this line shows to be worked on; None for a cached one and all else.

        BuildKit names a step before it says that the step's result was in the cache, so that
        only the line after the name tells.
        """
        if not line.strip():
            return None
        before, self._begun = self._begun, None
        if (step := STEP.match(line)) and step["number"] not in self._seen:
            self._seen.add(step["number"])
            what = " ".join(MOUNTS.sub("", step["what"]).split())
            self._begun = (step["number"], f"{step['where']}: {what}"[:WIDTH])
        if before is None or line == f"#{before[0]} CACHED":
            return None
        return before[1]
