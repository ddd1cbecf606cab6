"""Each notebook in a real JupyterLab, as a student works through it.

Cell by cell from the top, with Shift+Enter. An exercise is answered wrongly first and then as in
the solution, and must say so each time; or that it could not look, where there is no engine.
Screenshots stay in `results/screenshots/`.
"""

import nbformat
import pytest

from lab_utils import docker_engine
from lab_utils.paths import NOTEBOOKS

pytestmark = [pytest.mark.needs("browser"), pytest.mark.timeout(900)]

NAMES = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
WRONG = '"no idea"'
ALL_ALIKE = 'my_choice = dict.fromkeys(my_choice, "vm")'


def exercises(name):
    """Position and solution of each cell that a student has to fill in."""
    student = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    solved = nbformat.read(NOTEBOOKS / "solutions" / f"{name}.ipynb", as_version=4).cells
    return {
        position: ours.source
        for position, (theirs, ours) in enumerate(zip(student, solved, strict=True))
        if ours.cell_type == "code" and theirs.source != ours.source
    }


def wrongly(source):
    """A cell with a wrong answer in place of its dots."""
    if "check.choose(" in source:  # asks for a runtime for each case
        return source.replace("...", ALL_ALIKE, 1)
    if source.startswith("def ") or "\ndef " in source:  # a function that names a variant
        return source.replace("...", 'return "a"', 1)
    return source.replace("...", WRONG, 1)


def code(cell):
    return cell["cell_type"] == "code"


def is_judged(source):
    return "check." in source.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def says():
    """Whether a check gave a verdict, or has told why it gave none: there is no engine."""
    try:
        docker_engine.find()
        excuses = []
    except docker_engine.EngineUnavailable as missing:
        excuses = [missing.next_step]
    return lambda verdict, text: any(words in text for words in (verdict, *excuses))


@pytest.mark.parametrize("name", NAMES)
def test_a_student_works_through_it(opened, says, name):
    book = opened(name)
    solutions = exercises(name)
    for position, cell in enumerate(book.cells()):
        if not code(cell) or not cell["source"].strip():
            continue
        if position not in solutions:
            book.run(position)
            continue
        solution = solutions[position]
        if is_judged(solution):
            book.answer(position, wrongly(cell["source"]))
            assert says("Not yet", book.text_of(position)), solution
        book.answer(position, solution)
        if is_judged(solution):
            assert says("Right", book.text_of(position)), solution
    book.look_through()
    ran = [
        cell["execution_count"] for cell in book.cells() if cell["source"].strip() and code(cell)
    ]
    assert all(ran)


def test_there_is_an_exercise_to_answer():
    judged = {name: [s for s in exercises(name).values() if is_judged(s)] for name in NAMES}
    without = {name for name, some in judged.items() if not some}
    assert without <= {"00_start_here"}
