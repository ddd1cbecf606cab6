import io

import pytest
from rich.console import Console

from benchmarks.runtimes import command, measure
from lab_utils.errors import LabError
from lab_utils.measurements import Measurement, load

LIVE = Measurement("start", "tiny", "vm", (2.5,), "s", "", "tcg", "a host", "2026-11-25T10:00:00")


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Where figures would be recorded, with nothing measured but one start."""
    path = tmp_path / "runtimes.json"
    monkeypatch.setattr(command, "RECORDED", path)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "missing", lambda _kind: None)
    monkeypatch.setattr(command, "_commit", lambda: "abc1234")
    monkeypatch.setattr(measure, "all_of", lambda *_: [LIVE])
    return path


def test_figures_are_shown_with_where_they_are_from(kept):
    out = io.StringIO()
    command.run(["tiny"], Console(file=out, width=100))
    assert "2.50 s" in out.getvalue()
    assert "measured here on 2026-11-25: a host, guest under tcg" in out.getvalue()
    assert not kept.exists()


def test_what_is_recorded_says_so_and_at_which_commit(kept):
    command.run(["tiny"], Console(file=io.StringIO()), record=True)
    (found,) = load(kept)
    assert (found.values, found.recorded, found.commit) == ((2.5,), True, "abc1234")


def test_what_cannot_be_measured_is_left_out_and_said(monkeypatch):
    def cannot(*_, **__):
        raise LabError("measuring", "nobody can", "-")

    said = []
    monkeypatch.setattr(measure, "_sizes", lambda _server: [cannot])
    assert list(measure.all_of("recommender-a", said.append)) == []
    assert said == ["left out: while measuring: nobody can"]
