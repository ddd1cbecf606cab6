"""What 01_vms_vs_containers shows where it was run, and keeps to itself until it is answered."""

import nbformat

from lab_utils.checks import known
from lab_utils.paths import NOTEBOOKS

NAME = "01_vms_vs_containers.ipynb"
EXERCISES = len(known.exercises()["vms_vs_containers"])


def cells(name):
    return nbformat.read(NOTEBOOKS / name, as_version=4).cells


def endings(name):
    """The last word of each verdict: `Right`, or `yet` of `Not answered yet`."""
    checked = [cell for cell in cells(name) if "\ncheck." in cell.get("source", "")]
    heads = [cell.outputs[0].data["text/plain"].splitlines()[0] for cell in checked]
    return [head.removesuffix(".").split()[-1] for head in heads]


def test_every_solution_was_found_right_by_its_check():
    assert endings(f"solutions/{NAME}") == ["Right"] * EXERCISES


def test_no_exercise_is_answered_in_the_student_copy():
    assert endings(NAME) == ["yet"] * EXERCISES


def test_the_prediction_is_asked_for_before_the_starts_are_measured():
    sources = [cell.source for cell in cells(NAME)]
    (asked,) = [n for n, text in enumerate(sources) if text.startswith("my_nearer = None")]
    (measured,) = [n for n, text in enumerate(sources) if text.startswith("starts = ")]
    assert asked < measured


def test_the_last_cell_stops_what_was_started_for_the_pictures():
    assert cells(NAME)[-1].source == "comparison.stop(containers, machines)"
