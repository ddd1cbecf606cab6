"""The form every notebook keeps: short cells, more prose than code, pictures that can be read."""

import ast
import re
import statistics

import nbformat
import pytest

from lab_utils.paths import NOTEBOOKS

MOST_BYTES = 2_000_000
LINES = {"median": 3, "ninetieth": 8}
FEWEST_WORDS_A_LINE = 5

PATHS = sorted(NOTEBOOKS.glob("*.ipynb")) + sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))


@pytest.fixture(params=PATHS, ids=lambda path: str(path.relative_to(NOTEBOOKS)))
def path(request):
    return request.param


@pytest.fixture
def book(path):
    return nbformat.read(path, as_version=4)


def cells(book, kind):
    return [cell for cell in book.cells if cell.cell_type == kind and cell.source.strip()]


def code_lines(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def test_there_are_notebooks():
    assert PATHS


def test_every_code_cell_was_run_in_order_from_a_fresh_kernel(book):
    counts = [cell.execution_count for cell in cells(book, "code")]
    assert counts == list(range(1, len(counts) + 1))


def test_no_cell_ended_in_an_error(book):
    kinds = [out.output_type for cell in cells(book, "code") for out in cell.outputs]
    assert "error" not in kinds


def test_code_cells_are_short(book):
    lengths = sorted(len(code_lines(cell)) for cell in cells(book, "code"))
    assert statistics.median(lengths) <= LINES["median"]
    assert lengths[int(0.9 * (len(lengths) - 1))] <= LINES["ninetieth"]


def test_there_is_more_prose_than_code(book):
    words = sum(len(cell.source.split()) for cell in cells(book, "markdown"))
    lines = sum(len(code_lines(cell)) for cell in cells(book, "code"))
    assert words >= FEWEST_WORDS_A_LINE * lines


def test_it_opens_with_the_aim_the_minutes_and_what_must_run(book):
    assert book.cells[0].cell_type == "markdown"
    assert "**Afterwards you can**" in book.cells[0].source
    assert "**Time**" in book.cells[0].source
    assert "**Must be running**" in book.cells[0].source


def test_it_closes_with_what_was_seen_what_to_discuss_and_a_cell_that_tidies_up(book):
    last = book.cells[-1]
    closing = [cell.source for cell in book.cells if cell.cell_type == "markdown"][-1]
    assert "## What you have seen" in closing
    assert "**To discuss.**" in closing
    assert last.cell_type == "code"
    # one that started nothing has only its tables to give back
    assert re.search(r"\b(down|remove|clean|close|stop)\w*\(|^del ", last.source)


def test_no_cell_has_a_magic(book):
    for cell in cells(book, "code"):
        assert "get_ipython" not in cell.source
        compile(cell.source, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_every_link_inside_the_repository_leads_somewhere(book, path):
    prose = "\n".join(cell.source for cell in cells(book, "markdown"))
    targets = [each for each in re.findall(r"\]\(([^)#\s]+)", prose) if "://" not in each]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_picture_can_be_read_aloud(book):
    prose = "\n".join(cell.source for cell in cells(book, "markdown"))
    shown = [
        "".join(out.data.get("text/html", ""))
        for cell in cells(book, "code")
        for out in cell.outputs
        if "data" in out
    ]
    drawn = [alt for html in shown for alt in re.findall(r'<img alt="([^"]*)"', html)]
    told = re.findall(r"!\[([^\]]*)\]", prose)
    assert all(len(alt) > 20 for alt in drawn + told)
    assert sum(html.count("<img") for html in shown) == len(drawn)


def test_no_picture_is_shown_without_words(book):
    bare = [
        out
        for cell in cells(book, "code")
        for out in cell.outputs
        if "image/png" in out.get("data", {})
    ]
    assert bare == []


def test_nothing_of_the_machine_it_ran_on_is_in_it(path):
    text = path.read_text()
    assert str(NOTEBOOKS.parent) not in text
    assert "Traceback" not in text


def test_a_notebook_stays_small(path):
    assert path.stat().st_size < MOST_BYTES


def stored(book):
    """Everything that code cells have printed or shown, as text."""
    for cell in cells(book, "code"):
        for out in cell.outputs:
            yield out.get("text") or out.get("data", {}).get("text/plain", "")


def test_every_answer_that_is_stored_in_a_solution_is_right(path, book):
    if path.parent.name == "solutions":
        assert [text for text in stored(book) if "Not yet" in text] == []


def test_nothing_was_in_the_way_when_a_notebook_was_stored(path, book):
    taken = [text for text in stored(book) if "port is already allocated" in text]
    assert len(taken) == (path.stem == "03_compose")  # which shows it on purpose


def test_a_progress_bar_is_stored_as_it_ended(book):
    assert [text for text in stored(book) if "\r" in text] == []
