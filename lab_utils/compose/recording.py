"""Recordings: what a stack in containers showed, kept for computers without an engine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lab_utils.compose.output import Provenance
from lab_utils.docker_engine import Engine
from lab_utils.errors import LabError
from lab_utils.paths import DATA

RECORDED = DATA / "recorded" / "compose.json"


@dataclass(frozen=True)
class Recording:
    """What was shown, by key.

    Attributes:
        provenance: when, and on which engine.
        shown: as JSON has it.
    """

    provenance: Provenance
    shown: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Recording:
        """A recording from its file.

        Raises:
            LabError: there is none, or it is damaged.
        """
        try:
            table = json.loads(path.read_text("utf-8"))
            return cls(Provenance(**table["provenance"]), table["shown"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LabError(
                f"reading what was recorded in {path.name}",
                f"{type(error).__name__}: {error}",
                f"`git checkout data/recorded/{path.name}` brings it back",
            ) from None

    def get(self, key: str) -> Any:
        """What was shown under a key; None if nothing was."""
        return self.shown.get(key)

    def demand(self, key: str) -> Any:
        """What was shown under a key.

        Raises:
            LabError: nothing was.
        """
        if key not in self.shown:
            raise LabError(
                "showing what was recorded", f"{key!r} was not", "it needs a Docker Engine"
            )
        return self.shown[key]


class Recorder:
    """Writes a recording, entry by entry, as things are shown.

    Args:
        path: the file.
        engine: what they are shown of.
    """

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        today = datetime.now().astimezone()
        date = f"{today.day} {today:%B %Y}"
        self._provenance = Provenance(date, engine.version, engine.compose_version)

    def note(self, key: str, value: object) -> None:
        """Keep what was shown under a key."""
        shown = json.loads(self.path.read_text("utf-8"))["shown"] if self.path.exists() else {}
        table = {"provenance": asdict(self._provenance), "shown": {**shown, key: value}}
        # one entry a line: thousands of visits would else be a line each
        lines = ",\n".join(
            f"  {json.dumps(each)}: {json.dumps(table['shown'][each], ensure_ascii=False)}"
            for each in sorted(table["shown"])
        )
        about = json.dumps(table["provenance"])
        self.path.write_text(
            f'{{\n "provenance": {about},\n "shown": {{\n{lines}\n }}\n}}\n', "utf-8"
        )
