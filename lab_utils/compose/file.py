"""A Compose file as it stands on disk: shown in pieces, and asked who waits for whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab_utils.errors import LabError
from lab_utils.paths import COMPOSE_FILE, ROOT

PLAIN_CONDITION = "service_started"
"""What `depends_on` waits for where no condition is named: that the container runs, no more."""


@dataclass(frozen=True)
class Excerpt:
    """Lines of a file, shown as they are; a notebook colours them."""

    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/markdown": f"```yaml\n{self.text}\n```", "text/plain": self.text}


@dataclass(frozen=True)
class ComposeFile:
    """One Compose file.

    Attributes:
        path: where it is.
    """

    path: Path

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    def section(self, name: str) -> Excerpt:
        """The lines of one service, volume, or top-level key, with the comment above it.

        Raises:
            LabError: nothing in the file has that name.
        """
        lines = self.text.splitlines()
        key = re.compile(rf" *{re.escape(name)}:")
        found = [at for at, line in enumerate(lines) if key.match(line)]
        # a key of the file itself rather than one of the same name inside a service
        start = min(found, key=lambda at: _depth(lines[at]), default=None)
        if start is None:
            raise LabError(
                f"looking for {name!r} in {self.path.name}",
                f"it has the services {', '.join(self.services)}",
                "name one of them, or a key that stands at the left edge",
            )
        return Excerpt(_dedented(lines[_comment_above(lines, start) : _end(lines, start)]))

    @property
    def services(self) -> dict[str, Any]:
        """Every service by name, with what the file says of it."""
        found: dict[str, Any] = self._parsed.get("services") or {}
        return found

    def waits(self, *, profile: str | None = None) -> dict[str, dict[str, str]]:
        """Which other services each one waits for, and until when.

        Args:
            profile: one whose services are counted, too; those of no profile always are.
        """
        named = {
            name: service
            for name, service in self.services.items()
            if not service.get("profiles") or profile in service["profiles"]
        }
        return {name: _conditions(service.get("depends_on")) for name, service in named.items()}

    @property
    def _parsed(self) -> dict[str, Any]:
        try:
            found = yaml.safe_load(self.text)
        except yaml.YAMLError as error:
            raise LabError(
                f"reading {self.path.name}",
                str(error),
                "mend the line it names; blanks at the beginning of a line count, tabs are not "
                "allowed",
            ) from None
        return found if isinstance(found, dict) else {}


STACK_FILE = ComposeFile(COMPOSE_FILE)
"""That of the lab's own stack."""


def shown(path: Path) -> str:
    """A path as a student knows it: from the lab's folder on."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def _conditions(depends_on: Any) -> dict[str, str]:
    if isinstance(depends_on, list):
        return dict.fromkeys(depends_on, PLAIN_CONDITION)
    return {
        name: (about or {}).get("condition", PLAIN_CONDITION)
        for name, about in (depends_on or {}).items()
    }


def _comment_above(lines: list[str], start: int) -> int:
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end(lines: list[str], start: int) -> int:
    """One past the last line that is indented more than the key."""
    end = start + 1
    for at in range(start + 1, len(lines)):
        line = lines[at]
        if line.strip() and _depth(line) <= _depth(lines[start]):
            break
        if line.strip():
            end = at + 1
    return end


def _dedented(lines: list[str]) -> str:
    depth = min(_depth(line) for line in lines if line.strip())
    return "\n".join(line[depth:] for line in lines)
