"""`./lab slides`: the notebooks as slides, in one file that needs no network.

A heading opens a slide; each code cell, with the words before it and what it shows, is another one
below. Words of more than a slide are cut between paragraphs. So the deck is what the notebooks say,
and cannot drift from them. reveal.js shows it: arrow
right to the next heading, arrow down to the next cell, `o` for an overview, `?` for all keys.
"""

from __future__ import annotations

import base64
import importlib.resources
import itertools
import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import nbformat
from nbconvert.filters import Highlight2HTML, ansi2html, markdown2html
from nbformat import NotebookNode

from lab_utils.errors import LabError
from lab_utils.paths import NOTEBOOKS, RESULTS

DECK = RESULTS / "slides.html"
_HEADING = re.compile(r"#{1,3} ")
_IN_OUTPUT = re.compile(r"(?=<h4>)")
_OPENS = '<div class="shown"><h4>'
_PICTURE = re.compile(r'(<img[^>]*\bsrc=")([^":]+)(")')
_LINK = re.compile(r'<a href="(?!https?:)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)


_PARAGRAPH = re.compile(r"\n\n+(?!```| )")
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[\w'-]+")
_LINE = re.compile(r"\n|<tr|<br|<p")

MOST_WORDS, FEW_WORDS = 150, 40
"""Words that a slide may hold, and that are too few for a slide of their own."""
WORDS_A_LINE, PICTURE_LINES, MOST_LINES = 13, 13, 21
"""Of a slide as slides.html.j2 draws it: what a line, a picture and the whole of it hold."""


@dataclass
class Section:
    """A heading and what stands under it: slides one below the other, each of them HTML."""

    slides: list[str] = field(default_factory=list)


def make(path: Path, starts: Sequence[str] = (), *, solved: bool = False) -> Path:
    """Write the deck.

    Args:
        path: the file; its folder is made.
        starts: how the names of the notebooks wanted begin (`04`); all by default.
        solved: with the exercises' solutions, for the instructor's eyes.

    Returns:
        The file.

    Raises:
        LabError: no notebook's name begins that way.
    """
    folder = NOTEBOOKS / "solutions" if solved else NOTEBOOKS
    books = [book for book in sorted(folder.glob("*.ipynb")) if _wanted(book.name, starts)]
    if not books:
        known = ", ".join(book.stem for book in sorted(folder.glob("*.ipynb")))
        raise LabError(
            "making the slides",
            f"no notebook's name begins with {' or '.join(starts)}",
            f"name some of {known}, or none for all",
        )
    chapters = [sections(nbformat.read(book, as_version=4), book.parent) for book in books]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_page(chapters), encoding="utf-8")
    return path


def sections(book: NotebookNode, folder: Path) -> list[Section]:
    """A notebook as slides.

    Args:
        book: the notebook, as it ran.
        folder: where it lies, for its pictures.
    """
    found: list[Section] = []
    words: list[str] = []
    for cell in book.cells:
        if cell.cell_type == "markdown":
            for text in _parts(cell.source):
                if _HEADING.match(text) and found:
                    _end_slide(found[-1], words)
                if _HEADING.match(text) or not found:
                    found.append(Section())
                for page in _pages(text):
                    if _count([*words, page]) > MOST_WORDS:
                        _end_slide(found[-1], words)
                    words.append(_prose(page, folder))
        elif cell.source.strip():
            found = found or [Section()]
            if _is_much(words, cell):
                _end_slide(found[-1], words)
            words.append(_code(cell.source))
            for shown in _shown(cell.outputs):
                if shown.startswith(_OPENS) and words[-1].startswith(_OPENS):
                    _end_slide(found[-1], words)
                words.append(shown)
            _end_slide(found[-1], words)
    if found:
        _end_slide(found[-1], words)
    return [section for section in found if section.slides]


def _wanted(name: str, starts: Sequence[str]) -> bool:
    return not starts or name.startswith(tuple(starts))


def _end_slide(section: Section, parts: list[str]) -> None:
    if parts:
        section.slides.append("\n".join(parts))
        parts.clear()


def _parts(text: str) -> Iterator[str]:
    """The text, cut before each heading; a comment in a block of code is none."""
    part: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if _HEADING.match(line) and not fenced and part:
            yield "\n".join(part)
            part = []
        part.append(line)
    if text.strip():
        yield "\n".join(part)


def _pages(text: str) -> Iterator[str]:
    """The text, cut between paragraphs where it is more than a slide holds.

    What ends in a colon stays with what it announces, and a few words with what is below them.
    """
    page: list[str] = []
    for paragraph in _PARAGRAPH.split(text):
        bound = _count(page) < FEW_WORDS or page[-1].endswith(":")
        if not bound and _count([*page, paragraph]) > MOST_WORDS:
            yield "\n\n".join(page)
            page = []
        page.append(paragraph)
    yield "\n\n".join(page)


def _count(parts: Sequence[str]) -> int:
    """Words in text or HTML."""
    return len(_WORD.findall(_TAG.sub(" ", " ".join(parts))))


def _is_much(words: Sequence[str], cell: NotebookNode) -> bool:
    """Whether a cell with the words before it would have to be made much smaller to fit."""
    before, count = " ".join(words), _count(words)
    alone = "<img" in before or count > FEW_WORDS
    shown = " ".join(_shown(cell.outputs))
    below = 2 + len(cell.source.splitlines()) + len(_LINE.findall(shown))
    below += PICTURE_LINES * f"{before}{shown}".count("<img")
    return alone and count / WORDS_A_LINE + below > MOST_LINES


def _prose(text: str, folder: Path) -> str:
    html = _LINK.sub(r"\1", markdown2html(text))  # a deck has nothing beside it to lead to
    return _PICTURE.sub(lambda match: match[1] + _inline(folder / match[2]) + match[3], html)


def _inline(path: Path) -> str:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _code(source: str) -> str:
    return str(Highlight2HTML(pygments_lexer="ipython3")(source))


def _shown(outputs: Sequence[NotebookNode]) -> Iterator[str]:
    for is_stream, some in itertools.groupby(outputs, lambda each: each.output_type == "stream"):
        if is_stream:
            yield _lines("".join(_joined(each.text) for each in some))
            continue
        for output in some:
            data: dict[str, Any] = output.get("data", {})
            if "text/html" in data:
                for part in _IN_OUTPUT.split(_joined(data["text/html"])):
                    yield f'<div class="shown">{part}</div>' if part else ""
            elif "text/markdown" in data:
                yield f'<div class="shown">{markdown2html(_joined(data["text/markdown"]))}</div>'
            else:
                yield _lines(_joined(data.get("text/plain", "")))


def _lines(text: str) -> str:
    return f"<pre>{ansi2html(_as_left(text))}</pre>" if text.strip() else ""


def _as_left(text: str) -> str:
    r"""What a terminal would be left with: of a line that was written over, the last version.

    >>> _as_left("10 %\r100 %\ndone")
    '100 %\ndone'
    """
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _page(chapters: Sequence[Sequence[Section]]) -> str:
    from pygments.formatters import HtmlFormatter

    reveal = importlib.resources.files("pyreveal") / "revealjs" / "dist"
    names = {"reset": "reset.css", "style": "reveal.css", "script": "reveal.js"}
    parts = {name: (reveal / file).read_text(encoding="utf-8") for name, file in names.items()}
    template = jinja2.Template(
        Path(__file__).with_name("slides.html.j2").read_text(encoding="utf-8"), autoescape=False
    )
    colours = HtmlFormatter(style="default").get_style_defs(".highlight")
    # A script ends at the first such tag, also inside a text of its own.
    parts["script"] = parts["script"].replace("</script", r"<\/script")
    return str(template.render(chapters=chapters, colours=colours, **parts))
