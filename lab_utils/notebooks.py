"""Student copies of the notebooks, made from `notebooks/solutions/`: `./lab notebooks`.

A solution notebook is the source. In its student copy every block

    # solution
    ...
    # end of solution

is replaced by `...` (with the brackets, if it is all there is between a pair), and links in the
prose lead one folder less far up. All else is the same.
Both are committed as they ran, so that a reader sees the outputs before running anything, and
nbval has something to compare with.
"""

from __future__ import annotations

import copy
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert.preprocessors.coalescestreams import CoalesceStreamsPreprocessor
from nbformat import NotebookNode

from lab_utils.errors import LabError
from lab_utils.paths import NOTEBOOKS, ROOT

SOLUTIONS = NOTEBOOKS / "solutions"
SOLUTION_BLOCK = re.compile(r"^( *)# solution\n.*?^ *# end of solution$", re.DOTALL | re.MULTILINE)
SOLUTION_VALUE = re.compile(
    r"\(\n +# solution\n.*?^ +# end of solution\n\)", re.DOTALL | re.MULTILINE
)
CELL_TIMEOUT = 300
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def make(say: Callable[[str], None], starts: Sequence[str] = ()) -> None:
    """Run solutions, write them back with their outputs, and make their student copies.

    Args:
        say: told each notebook.
        starts: how the names of those wanted begin (`04`); all by default.

    Raises:
        LabError: a cell of a notebook failed, or no notebook's name begins that way.
    """
    for path in _named(starts):
        say(f"running {path.relative_to(ROOT)}")
        solution = run(nbformat.read(path, as_version=4), path)
        _write(solution, path)
        student = student_copy(solution)
        if _code(student) != _code(solution):
            say(f"running {path.name} as a student finds it")
            student = run(student, NOTEBOOKS / path.name)
        _write(student, NOTEBOOKS / path.name)


def _named(starts: Sequence[str]) -> list[Path]:
    paths = sorted(SOLUTIONS.glob("*.ipynb"))
    known = ", ".join(path.stem for path in paths)
    for start in starts:
        if not any(path.name.startswith(start) for path in paths):
            raise LabError(
                "making the student copies",
                f"no notebook's name begins with {start!r}",
                f"name some of {known}, or none for all",
            )
    return [path for path in paths if not starts or path.name.startswith(tuple(starts))]


def student_copy(solution: NotebookNode) -> NotebookNode:
    """The notebook with `...` for every solution block, and links from its own folder."""
    student = copy.deepcopy(solution)
    for cell in student.cells:
        if cell.cell_type == "code":
            cell.source = SOLUTION_BLOCK.sub(r"\1...", SOLUTION_VALUE.sub("...", cell.source))
        else:
            cell.source = cell.source.replace("](../", "](")
    return student


def run(notebook: NotebookNode, path: Path) -> NotebookNode:
    """Run all cells in a fresh kernel, in the folder of `path`, and return the result.

    The exercises' record of whoever runs this is left alone.

    Raises:
        LabError: a cell failed; its traceback is shown.
    """
    notebook = copy.deepcopy(notebook)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # a warning of ipykernel's for each is no news
        resources={"metadata": {"path": str(path.parent)}},
    )
    doing = f"running {path.name}"
    with tempfile.TemporaryDirectory() as folder:
        progress = str(Path(folder) / "progress.json")
        try:
            client.execute(env={**os.environ, "LAB_PROGRESS": progress})
        except CellExecutionError as error:
            raise LabError(doing, str(error), "mend the cell, then run again") from None
    if refused := _refused_magics(notebook):
        raise LabError(doing, refused, "write it in Python: notebooks of the lab have no magics")
    # What was printed piece by piece is one text, and of a progress bar the end is left.
    whole: NotebookNode = CoalesceStreamsPreprocessor().preprocess(notebook, {})[0]
    return whole


def _refused_magics(notebook: NotebookNode) -> str:
    """What IPython said to magics that it does not know: it calls none of them an error."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    said = [out.text for out in outputs if out.output_type == "stream" and out.name == "stderr"]
    return "".join(text for text in said if text.startswith("UsageError"))


def demand_up_to_date() -> None:
    """Raise unless every student copy is what its solution makes it, and both were run.

    Raises:
        LabError: with the list of what differs.
    """
    wrong = [line for path in sorted(SOLUTIONS.glob("*.ipynb")) for line in _wrong(path)]
    known = {path.name for path in SOLUTIONS.glob("*.ipynb")}
    orphans = [path.name for path in NOTEBOOKS.glob("*.ipynb") if path.name not in known]
    wrong += [f"{name} has no solution that it could be made from" for name in orphans]
    if wrong:
        raise LabError("checking the student copies", "\n".join(wrong), "run `./lab notebooks`")


def _wrong(path: Path) -> list[str]:
    solution = nbformat.read(path, as_version=4)
    copy_path = NOTEBOOKS / path.name
    if not copy_path.exists():
        return [f"{path.name} has no student copy"]
    student = nbformat.read(copy_path, as_version=4)
    wrong = []
    if _sources(student) != _sources(student_copy(solution)):
        wrong.append(f"{path.name}: the student copy is not what the solution makes it")
    for where, book in (("solution", solution), ("student copy", student)):
        never = sum(1 for cell in book.cells if _has_code(cell) and cell.execution_count is None)
        if never:
            wrong.append(f"{path.name}: {never} code cells of the {where} were never run")
    return wrong


def _has_code(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip())


def _code(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def _sources(notebook: NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def _write(notebook: NotebookNode, path: Path) -> None:
    """Write it with nothing in it that changes from run to run without a reason."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata.pop("execution", None)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
