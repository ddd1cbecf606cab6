import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lab_utils import notebooks
from lab_utils.errors import LabError

SOLVED = """\
def double(x):
    # solution
    return 2 * x
    # end of solution
double(4)"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A notebooks folder with one solution and nothing made from it yet."""
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(notebooks, "SOLUTIONS", tmp_path / "solutions")
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    (tmp_path / "solutions").mkdir()
    cells = [new_markdown_cell("# Doubling"), new_code_cell(SOLVED)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "solutions" / "01_double.ipynb")
    return tmp_path


def test_a_student_finds_dots_where_the_solution_stood():
    student = notebooks.student_copy(new_notebook(cells=[new_code_cell(SOLVED)]))
    assert student.cells[0].source == "def double(x):\n    ...\ndouble(4)"


def test_a_value_is_replaced_with_its_brackets():
    source = "share = (\n    # solution\n    0.63\n    # end of solution\n)\nprint(share)"
    student = notebooks.student_copy(new_notebook(cells=[new_code_cell(source)]))
    assert student.cells[0].source == "share = ...\nprint(share)"


def test_every_other_cell_is_the_same():
    cells = [new_markdown_cell("# solution\nnot code\n# end of solution"), new_code_cell("1 + 1")]
    student = notebooks.student_copy(new_notebook(cells=cells))
    assert [cell.source for cell in student.cells] == [cell.source for cell in cells]


def test_links_lead_from_the_folder_that_the_copy_is_in():
    cells = [new_markdown_cell("![a stack](../figures/stack.svg), [data](../../data/README.md)")]
    student = notebooks.student_copy(new_notebook(cells=cells))
    wanted = "![a stack](figures/stack.svg), [data](../data/README.md)"
    assert student.cells[0].source == wanted


def test_making_runs_both_and_leaves_them_up_to_date(house):
    notebooks.make(print)
    notebooks.demand_up_to_date()
    solution = nbformat.read(house / "solutions" / "01_double.ipynb", as_version=4)
    student = nbformat.read(house / "01_double.ipynb", as_version=4)
    assert solution.cells[1].outputs[0].data["text/plain"] == "8"
    assert (student.cells[1].execution_count, student.cells[1].outputs) == (1, [])


def test_a_missing_copy_is_told(house):
    with pytest.raises(LabError, match=r"01_double\.ipynb has no student copy"):
        notebooks.demand_up_to_date()


def test_a_copy_that_drifted_is_told(house):
    notebooks.make(print)
    student = nbformat.read(house / "01_double.ipynb", as_version=4)
    student.cells[0].source = "# Tripling"
    nbformat.write(student, house / "01_double.ipynb")
    with pytest.raises(LabError, match="not what the solution makes it") as caught:
        notebooks.demand_up_to_date()
    assert caught.value.next_step == "run `./lab notebooks`"


def test_a_cell_that_was_never_run_is_told(house):
    notebooks.make(print)
    path = house / "solutions" / "01_double.ipynb"
    solution = nbformat.read(path, as_version=4)
    solution.cells[1].execution_count = None
    nbformat.write(solution, path)
    with pytest.raises(LabError, match="1 code cells of the solution were never run"):
        notebooks.demand_up_to_date()


def test_a_copy_without_a_solution_is_told(house):
    notebooks.make(print)
    (house / "solutions" / "01_double.ipynb").unlink()
    with pytest.raises(LabError, match="has no solution"):
        notebooks.demand_up_to_date()


def test_a_cell_that_fails_is_shown_by_name(house):
    cells = [new_code_cell("1 / 0")]
    nbformat.write(new_notebook(cells=cells), house / "solutions" / "02_broken.ipynb")
    with pytest.raises(LabError, match="ZeroDivisionError") as caught:
        notebooks.make(print)
    assert caught.value.doing == "running 02_broken.ipynb"


def test_making_twice_changes_nothing(house):
    notebooks.make(print)
    first = {path: path.read_bytes() for path in house.rglob("*.ipynb")}
    notebooks.make(print)
    assert first == {path: path.read_bytes() for path in house.rglob("*.ipynb")}


def test_only_the_notebooks_that_are_named_are_made(house):
    cells = [new_code_cell("1 / 0")]
    nbformat.write(new_notebook(cells=cells), house / "solutions" / "02_broken.ipynb")
    notebooks.make(print, ["01"])
    assert (house / "01_double.ipynb").exists()
    with pytest.raises(LabError, match="no notebook's name begins with '07'") as caught:
        notebooks.make(print, ["01", "07"])
    assert "name some of 01_double, 02_broken" in caught.value.next_step


def test_a_magic_that_is_not_known_is_told(house):
    cells = [new_code_cell("%nonesuch\nprint('not said')")]
    nbformat.write(new_notebook(cells=cells), house / "solutions" / "02_magic.ipynb")
    with pytest.raises(LabError, match="nonesuch"):
        notebooks.make(print, ["02"])


def test_a_run_leaves_the_record_of_exercises_alone(house, monkeypatch):
    monkeypatch.setenv("LAB_PROGRESS", str(house / "mine.json"))
    cells = [new_code_cell("import os\nprint(os.environ['LAB_PROGRESS'])")]
    ran = notebooks.run(new_notebook(cells=cells), house / "x.ipynb")
    assert "mine.json" not in ran.cells[0].outputs[0].text
    assert "progress.json" in ran.cells[0].outputs[0].text


def test_of_what_was_written_over_only_the_last_is_stored(house):
    cells = [new_code_cell("for part in '123':\n    print(f'\\r{part} of 3', end='', flush=True)")]
    ran = notebooks.run(new_notebook(cells=cells), house / "x.ipynb")
    assert [out.text for out in ran.cells[0].outputs] == ["3 of 3"]
