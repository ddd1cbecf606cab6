"""What INSTRUCTOR.md lists is in the notebooks, and its minutes add up."""

import ast
import builtins
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


def code_by_section(number):
    """Each code cell of a notebook with the heading it stands under."""
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    section = ""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            section = [section, *re.findall(r"^## (.+)$", cell.source, re.MULTILINE)][-1]
        elif cell.source.strip():
            yield section, ast.parse(cell.source)


def made_and_used(tree):
    """Names that a cell makes, and those that it uses."""
    nodes = list(ast.walk(tree))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    made |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    made |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    made |= {(each.asname or each.name) for node in imports for each in node.names}
    return made, used


def skipped_but_run():
    """What the text says to run before a section, of what its list skips: headings by section."""
    found = re.findall(r"^- Before \*(.+)\* \((\d\d)\): (.+)\.$", TEXT, re.MULTILINE)
    return {(book, section): re.findall(r"\*(.+?)\*", first) for section, book, first in found}


@pytest.mark.parametrize("length", LENGTHS)
def test_what_a_section_goes_on_with_has_run_before_it(length):
    listed = [(book, section) for _, book, section in rows(length)]
    missing = set()
    for book in {book for book, _ in listed}:
        wanted = [section for each, section in listed if each == book]
        run = {*wanted, *(each for s in wanted for each in skipped_but_run().get((book, s), []))}
        known, begun = set(dir(builtins)), False
        for section, tree in code_by_section(book):
            begun = begun or section == wanted[0]
            made, used = made_and_used(tree)
            if begun and section not in run:
                continue
            if begun and used - known - made:
                missing.add((book, section))
            known |= made
    assert missing == set()


def test_what_is_to_be_run_of_what_a_list_skips_is_there():
    assert skipped_but_run()
    for (book, section), first in skipped_but_run().items():
        assert {section, *first} <= set(headings(book))
