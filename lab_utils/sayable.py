"""Terminals that cannot say every character: what is shown there in place of one."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

PLAIN = {
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MIDDLE DOT}": ".",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
}


class Sayable:
    """Something `rich` prints, in the characters that the console's encoding has.

    Args:
        renderable: what is to be printed; its boxes `rich` itself replaces.
    """

    def __init__(self, renderable: RenderableType) -> None:
        self.renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.renderable, options):
            yield segment._replace(text=sayable(segment.text, options.encoding))


def sayable(text: str, encoding: str) -> str:
    """The text with what `encoding` cannot say replaced, cell for cell."""
    if _can_say(text, encoding):
        return text
    return "".join(c if _can_say(c, encoding) else _plain(c, encoding) for c in text)


def _plain(character: str, encoding: str) -> str:
    bare = unicodedata.normalize("NFKD", character)[0]
    fallback = bare if _can_say(bare, encoding) else "?"
    return PLAIN.get(character, fallback).ljust(cell_len(character))


def _can_say(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):  # or an encoding Python does not know
        return text.isascii()
    return True
