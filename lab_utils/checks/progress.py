"""Which exercises are right, kept in a file of the student's own between restarts.

It is a record, not a grade: nothing is sent anywhere, and whoever wants an instructor to see it
exports it.
"""

from __future__ import annotations

import html
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lab_utils.errors import LabError
from lab_utils.paths import RESULTS, ROOT

FORMAT = "lab progress 1"
LOCK_TIMEOUT = 5.0
"""Seconds to wait for another notebook that is writing."""


@dataclass(frozen=True)
class Record:
    """One exercise so far.

    Attributes:
        number: of the exercise.
        title: of the exercise.
        tries: answers that were looked at, up to the first right one.
        right_since: when it was first right, in ISO 8601 with its offset; None before that.
    """

    number: str
    title: str
    tries: int = 0
    right_since: str | None = None


@dataclass(frozen=True)
class Progress:
    """All exercises so far, as a table.

    Attributes:
        records: one for each exercise, in order; those not tried, too.
        path: the file that it was read from.
        note: what was wrong with that file; empty if nothing.
    """

    records: tuple[Record, ...]
    path: Path
    note: str = ""

    @property
    def right(self) -> int:
        """How many are right."""
        return sum(record.right_since is not None for record in self.records)

    def export(self, path: str | Path, name: str = "") -> Path:
        """Write one JSON file to hand to an instructor, if you want to.

        Args:
            path: where to; an earlier export may be there, and nothing else.
            name: yours, if it is to be in it.

        Raises:
            LabError: something else is at `path`, or it cannot be written.
        """
        target = Path(path)
        doing = f"exporting your progress to {target}"
        if target.exists() and not _is_export(target):
            raise LabError(doing, "there is something else already", "choose another name")
        table = {
            "format": f"{FORMAT} export",
            "name": name,
            "exported": _now(),
            "right": self.right,
            "exercises": [asdict(record) for record in self.records],
            "about": "A student's own record, which they can change: no grade.",
        }
        try:
            _replace(target, json.dumps(table, indent=1, ensure_ascii=False))
        except OSError as error:
            raise LabError(doing, str(error), "choose another folder") from None
        return target

    def __str__(self) -> str:
        width = max((len(record.title) for record in self.records), default=0)
        lines = [
            f"{each.number:<6} {each.title:<{width}}  {each.tries:>3} tries  {_since(each)}"
            for each in self.records
        ]
        return "\n".join([*lines, self._summary])

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        cell = '<td style="text-align:left">'
        rows = "".join(
            f"<tr>{cell}{html.escape(each.number)}</td>{cell}{html.escape(each.title)}</td>"
            f"<td>{each.tries or ''}</td>{cell}{html.escape(_since(each))}</td></tr>"
            for each in self.records
        )
        head = "".join(
            f'<th style="text-align:left">{word}</th>'
            for word in ("exercise", "question", "tries", "right since")
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return {
            "text/html": f"{table}<p>{html.escape(self._summary)}</p>",
            "text/plain": str(self),
        }

    @property
    def _summary(self) -> str:
        told = (
            f"{self.right} of {len(self.records)} right. This is your own record, in "
            f"{_shown(self.path)}: nobody is sent it, and it is no grade. To hand it to someone: "
            'lab_utils.progress().export("progress-of-mine.json")'
        )
        return f"{self.note} {told}".strip()


def read(exercises: Iterable[tuple[str, str]]) -> Progress:
    """The record of some exercises, each given by number and title."""
    path = location()
    try:
        records, note = _load(path)
    except OSError as error:
        records, note = {}, f"The record could not be read: {error}."
    known = dict(exercises)
    known |= {number: record.title for number, record in records.items() if number not in known}
    rows = (records.get(number, Record(number, title)) for number, title in known.items())
    return Progress(tuple(sorted(rows, key=lambda each: each.number)), path, note)


def note(number: str, title: str, *, right: bool) -> str:
    """Count a try; once it is right, later tries change nothing.

    Returns:
        What went wrong with the record, to be shown; empty if nothing did.
    """
    path = location()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=LOCK_TIMEOUT):
            records, said = _load(path)
            before = records.get(number, Record(number, title))
            if before.right_since is None:
                after = Record(number, title, before.tries + 1, _now() if right else None)
                _replace(path, _written({**records, number: after}))
    except (OSError, Timeout) as error:
        return f"your progress could not be kept in {_shown(path)}: {error}"
    return said


def location() -> Path:
    """Where the record is: `LAB_PROGRESS`, or the lab's own place for it."""
    return Path(os.environ.get("LAB_PROGRESS") or RESULTS / "progress.json")


def _load(path: Path) -> tuple[dict[str, Record], str]:
    """The records in a file; one that is damaged is put aside, and that is said."""
    try:
        table = json.loads(path.read_text("utf-8"))
        return _parsed(table), ""
    except FileNotFoundError:
        return {}, ""
    except (ValueError, KeyError, TypeError):  # ValueError: no JSON, or no UTF-8
        aside = _put_aside(path)
        return {}, f"The record was damaged: it is kept as {aside.name}, and a new one begun."


def _parsed(table: Mapping[str, Any]) -> dict[str, Record]:
    if table["format"] != FORMAT:
        raise ValueError(table["format"])
    records = [Record(**each) for each in table["exercises"]]
    if not all(isinstance(each.number, str) and isinstance(each.tries, int) for each in records):
        raise TypeError
    return {each.number: each for each in records}


def _written(records: Mapping[str, Record]) -> str:
    table = {"format": FORMAT, "exercises": [asdict(records[key]) for key in sorted(records)]}
    return json.dumps(table, indent=1, ensure_ascii=False)


def _put_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_suffix(f".damaged-{number}.json")).exists():
        number += 1
    return path.rename(aside)


def _replace(path: Path, content: str) -> None:
    """Write a file whole or not at all: a reader never finds half of it."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False
    ) as part:
        try:
            part.write(content)
            part.close()
            Path(part.name).replace(path)
        except BaseException:
            part.close()
            Path(part.name).unlink(missing_ok=True)
            raise


def _is_export(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_text("utf-8"))["format"] == f"{FORMAT} export")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _now() -> str:
    return datetime.now(UTC).astimezone().isoformat(timespec="seconds")


def _since(record: Record) -> str:
    if record.right_since is None:
        return "not yet" if record.tries else ""
    return f"{datetime.fromisoformat(record.right_since):%d %b %Y, %H:%M}"


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
