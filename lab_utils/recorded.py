"""What a notebook's commands said once, for computers on which they cannot be run.

A lesson's tape is a file in `data/recorded/`. It is written by the very functions that run live,
when `LAB_RECORD` is set, and it says when and where it was. Where nothing can run, the same
functions show what is on it, and say that it is recorded.
"""

from __future__ import annotations

import json
import os
import platform
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from lab_utils.paths import DATA

FOLDER = DATA / "recorded"


def in_words(day: str) -> str:
    """A day such as `2026-11-05` as `5 November 2026`."""
    at = date.fromisoformat(day)
    return f"{at.day} {at:%B %Y}"


@dataclass
class Tape:
    """What was said to each command of one lesson, in the order it was asked.

    Attributes:
        path: the file.
        aliases: names of this run (a port, a project) and those they have on the tape.
        about: when and where it was recorded.
    """

    path: Path
    aliases: Mapping[str, str] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    _said: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    _asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    def of(cls, lesson: str, aliases: Mapping[str, str] | None = None) -> Tape:
        """A lesson's tape; an empty one if nobody has recorded it."""
        tape = cls(FOLDER / f"{lesson.replace('_', '-')}.json", aliases or {})
        if tape.path.exists():
            kept = json.loads(tape.path.read_text(encoding="utf-8"))
            tape.about, tape._said = kept["about"], defaultdict(list, kept["said"])
        return tape

    @property
    def day(self) -> str:
        """When it was recorded, in words."""
        day = self.about.get("day")
        return "never" if day is None else in_words(day)

    def is_first(self, command: str) -> bool:
        """Whether this run is to be recorded (`LAB_RECORD`), and has not asked this before."""
        return bool(os.environ.get("LAB_RECORD")) and self._on_tape(command) not in self._said

    def replayed(self, command: str) -> Any:
        """What was said to it, the next time it was asked; None if nobody has recorded it.

        Asked more often than it was recorded, it says the last again.
        """
        name = self._on_tape(command)
        answers, asked = self._said.get(name), self._asked[name]
        self._asked[name] += 1
        return answers[min(asked, len(answers) - 1)] if answers else None

    def keep(self, command: str, said: Any) -> None:
        """Add what was just said, if this run is to be recorded (`LAB_RECORD`)."""
        if os.environ.get("LAB_RECORD"):
            said = json.loads(self._on_tape(json.dumps(said)))
            self._said[self._on_tape(command)].append(said)
            kept = {"about": self.about, "said": self._said}
            self.path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")

    def rewind(self, **about: str) -> None:
        """Forget what is on it, if this run is to be recorded.

        Args:
            about: what took part, with its version.
        """
        if os.environ.get("LAB_RECORD"):
            machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
            self.about = {"day": f"{date.today()}", "machine": machine, **about}  # noqa: DTZ011
            self._said.clear()

    def _on_tape(self, text: str) -> str:
        for name, alias in self.aliases.items():
            text = text.replace(name, alias)
        return text
