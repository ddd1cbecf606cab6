"""What 00_start_here keeps to itself until its reader has predicted."""

import nbformat
import pytest

from lab_utils.paths import NOTEBOOKS


@pytest.fixture(params=["00_start_here.ipynb", "solutions/00_start_here.ipynb"])
def cells(request):
    return nbformat.read(NOTEBOOKS / request.param, as_version=4).cells


def position(cells, start):
    (found,) = [number for number, cell in enumerate(cells) if cell.source.startswith(start)]
    return found


def shown(cell):
    """What a browser shows of a cell's outputs."""
    rich = [out.get("data", {}) for out in cell.get("outputs", [])]
    return [data.get("text/html") or data.get("text/markdown") or "" for data in rich]


def test_the_prediction_is_asked_for_before_anything_is_started(cells):
    assert position(cells, "## Your prediction") < position(cells, "here = stack.choose")
    assert cells[position(cells, "my_guess")].source.startswith("my_guess = None")


def test_no_stored_output_gives_the_answer_away_unfolded(cells):
    told = position(cells, "## Could it have been known?")
    answers = [text for cell in cells[:told] for text in shown(cell) if "28.1 points" in text]
    assert len(answers) == 2
    assert all(text.startswith("<details><summary>") for text in answers)


def test_nothing_before_the_answers_says_who_wins(cells):
    told = position(cells, "## Could it have been known?")
    before = " ".join(cell.source for cell in cells[:told])
    assert "loses" not in before
    assert "don't ship" not in before
