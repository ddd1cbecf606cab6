"""What INSTRUCTOR.md lists is in the notebooks, and its minutes add up."""

import re

import nbformat
import pytest

from lab_utils.paths import NOTEBOOKS

TEXT = (NOTEBOOKS / "INSTRUCTOR.md").read_text(encoding="utf-8")
LENGTHS = (50, 80, 170)
ROW = re.compile(r"^\| (\d+) \| (\d\d) \| (.+) \|$", re.MULTILINE)


def rows(length):
    (part,) = re.findall(rf"^### {length} minutes.*?(?=^##)", TEXT, re.MULTILINE | re.DOTALL)
    return [(int(minutes), notebook, section) for minutes, notebook, section in ROW.findall(part)]


def headings(number):
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.findall(r"^## (.+)$", prose, re.MULTILINE)


@pytest.mark.parametrize("length", LENGTHS)
def test_the_minutes_of_a_length_add_up(length):
    assert sum(minutes for minutes, _, _ in rows(length)) == length


@pytest.mark.parametrize("length", LENGTHS)
def test_every_section_that_is_listed_is_a_heading_of_its_notebook(length):
    wrong = [(book, section) for _, book, section in rows(length) if section not in headings(book)]
    assert wrong == []


@pytest.mark.parametrize("length", LENGTHS)
def test_sections_are_listed_in_the_order_of_the_notebooks(length):
    places = [(book, headings(book).index(section)) for _, book, section in rows(length)]
    assert places == sorted(places)
