"""What a check says, as a small box in a notebook and as plain text elsewhere; always the same."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How one kind of verdict shows: told by word and sign as well as by colour."""

    sign: str
    words: str
    colour: str


LOOKS = {
    "right": Look("✓", "Right", "#1b7f3b"),
    "not yet": Look("→", "Not yet", "#b05a00"),
    "unanswered": Look("…", "Not answered yet", "#6b6b6b"),
    "could not look": Look("?", "This could not be looked at", "#6b6b6b"),
    "broken": Look("!", "This check is broken, not your answer", "#a3123a"),
}


@dataclass(frozen=True)
class Verdict:
    """What was seen of one answer.

    Attributes:
        number: of the exercise.
        title: of the exercise.
        name: by which the exercise is called.
        hint: one nudge.
        kind: one of `LOOKS`.
        saw: what was looked at and found.
        expected: what a right answer has that this one has not.
        next_step: one thing to do.
        note: what happened to the record of progress, where something did; else empty.
    """

    number: str
    title: str
    name: str
    hint: str
    kind: str
    saw: str = ""
    expected: str = ""
    next_step: str = ""
    note: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the answer was right."""
        return self.kind == "right"

    def __str__(self) -> str:
        head = f"{self.number} {self.title} {LOOKS[self.kind].words}."
        lines = [f"  {f'{word}:':<10}{text}" for word, text in self._rows]
        if self._offers_hint:
            lines.append(f"  {'Stuck?':<10}check.{self.name}.hint(), check.{self.name}.solution()")
        return "\n".join([head, *lines])

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self._html, "text/plain": str(self)}

    @property
    def _rows(self) -> list[tuple[str, str]]:
        rows = (
            ("Saw", self.saw),
            ("Expected", self.expected),
            ("Next", self.next_step),
            ("Note", self.note),
        )
        return [(word, text) for word, text in rows if text]

    @property
    def _offers_hint(self) -> bool:
        return self.kind in ("not yet", "unanswered")

    @property
    def _html(self) -> str:
        look = LOOKS[self.kind]
        rows = "".join(
            f'<dt style="opacity:.75">{word}</dt><dd style="margin:0">{marked_up(text)}</dd>'
            for word, text in self._rows
        )
        hint = (
            f'<details style="margin-top:.4em"><summary>A hint</summary>{marked_up(self.hint)}'
            f"<br>Ours, if you want it: <code>check.{self.name}.solution()</code></details>"
            if self._offers_hint
            else ""
        )
        return (
            f'<div role="status" style="border-left:.5em solid {look.colour};'
            f'padding:.4em .9em;margin:.3em 0;line-height:1.45">'
            f'<b style="color:{look.colour}">{look.sign} {look.words}</b> · '
            f"{html.escape(self.number)} {marked_up(self.title)}"
            f'<dl style="display:grid;grid-template-columns:max-content 1fr;gap:.1em .9em;'
            f'margin:.3em 0 0">{rows}</dl>{hint}</div>'
        )


@dataclass(frozen=True)
class Folded:
    """A text that a notebook keeps folded until it is clicked."""

    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.title}: {self.text}"

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        shown = (
            f"<details><summary>{html.escape(self.title)}: click to read</summary>"
            f'<p style="padding:.2em .9em;white-space:pre-line">{marked_up(self.text)}</p>'
            "</details>"
        )
        return {"text/html": shown, "text/plain": str(self)}


def marked_up(text: str) -> str:
    """Text as HTML, what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
