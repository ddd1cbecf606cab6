import nbformat.v4 as new
import pytest

from lab_utils import doctor, notebooks, rehearsal, stack
from lab_utils.errors import LabError

WELL = doctor.Finding("machine", "ok", "2 cores")


@pytest.fixture
def room(monkeypatch, tmp_path):
    """A room's machine where all is well, with two notebooks; gives the folder they lie in."""
    monkeypatch.setattr(stack, "running", lambda: None)
    monkeypatch.setattr(doctor, "examine", lambda: [WELL])
    monkeypatch.setattr(rehearsal, "start_and_end_jupyter_lab", lambda: None)
    monkeypatch.setattr(rehearsal, "NOTEBOOKS", tmp_path)
    for name, source in (("00_well", "1 + 1"), ("01_broken", "1 / 0")):
        cells = [new.new_code_cell(source)]
        (tmp_path / f"{name}.ipynb").write_text(
            notebooks.nbformat.writes(new.new_notebook(cells=cells, metadata=notebooks.METADATA))
        )
    return tmp_path


def test_every_notebook_is_run_and_has_a_finding(room):
    told = []
    found = {each.what: each for each in rehearsal.rehearse(told.append)}
    assert [*found] == ["machine", "JupyterLab", "00_well", "01_broken"]
    assert found["00_well"].verdict == "ok"
    assert told[1:] == ["running 00_well.ipynb", "running 01_broken.ipynb"]


def test_a_notebook_that_fails_is_missing_with_the_end_of_its_error(room):
    *_, broken = rehearsal.rehearse(lambda _: None)
    assert broken.verdict == "missing"
    assert "ZeroDivisionError" in broken.found
    assert len(broken.found) <= rehearsal.TOLD + 1


def test_no_notebook_is_written_to(room):
    before = {path.name: path.read_text() for path in room.glob("*.ipynb")}
    list(rehearsal.rehearse(lambda _: None))
    assert {path.name: path.read_text() for path in room.glob("*.ipynb")} == before


def test_a_stack_that_is_up_is_not_stopped_but_named(room, monkeypatch, process_stack):
    monkeypatch.setattr(stack, "running", lambda: process_stack)
    with pytest.raises(LabError, match="the stack is up, as processes"):
        next(rehearsal.rehearse(lambda _: None))


def test_jupyter_lab_starts_and_ends():
    rehearsal.start_and_end_jupyter_lab()


def test_a_jupyter_lab_that_ends_at_once_is_told_of_with_what_it_said(monkeypatch):
    monkeypatch.setattr(rehearsal.jupyter_lab, "command", lambda *_: ["false"])
    with pytest.raises(LabError, match="it has ended, with exit code 1"):
        rehearsal.start_and_end_jupyter_lab()
