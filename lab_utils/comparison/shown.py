"""A table as a notebook shows it, with words below it that say where its figures are from."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

CELL = "text-align:left;vertical-align:top;white-space:normal"


@dataclass(frozen=True)
class Table:
    """Rows of words under a head.

    Attributes:
        head: the names of the columns.
        rows: as many words in each as there are columns; the first names the row.
        notes: sentences for below the table.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        widths = [max(len(row[column]) for row in self._all) for column in range(len(self.head))]
        lines = [
            "  ".join(f"{word:<{width}}" for word, width in zip(row, widths, strict=True)).rstrip()
            for row in self._all
        ]
        return "\n".join([*lines, *self.notes])

    __repr__ = __str__

    def folded(self, title: str) -> Folded:
        """The same, closed until it is clicked."""
        return Folded(self, title)

    @property
    def _all(self) -> Sequence[tuple[str, ...]]:
        return (self.head, *self.rows)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        head = "".join(f'<th style="{CELL}">{html.escape(word)}</th>' for word in self.head)
        body = "".join(f"<tr>{_cells(row)}</tr>" for row in self.rows)
        notes = "".join(f"<br>{html.escape(note)}" for note in self.notes)
        below = f"<small>{notes.removeprefix('<br>')}</small>" if notes else ""
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"
        return {"text/html": table, "text/plain": str(self)}


@dataclass(frozen=True)
class Folded:
    """A table that a notebook keeps closed until it is clicked."""

    table: Table
    title: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        shown = self.table._repr_mimebundle_()
        folded = (
            f"<details><summary>{html.escape(self.title)}</summary>{shown['text/html']}</details>"
        )
        return {"text/html": folded, "text/plain": shown["text/plain"]}


def _cells(row: tuple[str, ...]) -> str:
    name, *words = row
    first = f'<th style="{CELL}">{html.escape(name)}</th>'
    return first + "".join(f'<td style="{CELL}">{html.escape(word)}</td>' for word in words)
