import pytest

from lab_utils.ladder import measure, picture
from lab_utils.ladder.measure import Rung
from lab_utils.processes import Process


@pytest.mark.needs("linux")
def test_every_rung_is_climbed_and_nothing_is_left_running(monkeypatch, tmp_path):
    monkeypatch.setattr(measure, "FOLDER", tmp_path)
    rungs = measure.climb(print, seconds=0.3)
    assert [rung.title for rung in rungs] == [*measure.DESIGNS, measure.OURS]
    assert all(rung.answered > 0 for rung in rungs)
    assert rungs[0].cpu_us > rungs[-1].cpu_us > 0
    left = [Process(path.stem, tmp_path).running() for path in tmp_path.glob("*.json")]
    assert left == []


def test_on_windows_the_recorded_figures_stand_in_and_that_is_said(monkeypatch):
    monkeypatch.setattr(measure.sys, "platform", "win32")
    said = []
    assert measure.climb(said.append) == []
    assert said[0].startswith("Not measured")
    assert "recorded" in picture.ladder([]).caption
    assert picture.table([]).empty


def test_the_picture_has_each_rung_with_its_cost():
    rungs = [Rung("slow", 10, 4000.0, 90.0), Rung("ours", 1000, 21.25, 0.2)]
    drawn = picture.ladder(rungs)
    assert drawn.caption.endswith("slow 4,000 µs; ours 21.2 µs")
    assert list(picture.table(rungs)["times the last"]) == [188, 1]


def test_what_was_recorded_is_said_to_be():
    drawn = picture.benchmark()
    assert f"recorded on {picture.recorded_on()}" in drawn.caption
    assert f"HAProxy {picture.recorded()['HAProxy']:.1f} µs" in drawn.caption
