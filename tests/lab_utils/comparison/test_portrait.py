import pytest

from lab_utils.comparison import portrait
from lab_utils.errors import LabError


@pytest.fixture
def record(monkeypatch, kept):
    monkeypatch.setattr(portrait, "load", lambda: kept)


@pytest.mark.parametrize(("kind", "kernels"), [("process", 1), ("container", 1), ("vm", 3)])
def test_a_recorded_picture_says_so_and_has_the_recorded_kernels(record, kind, kernels):
    drawing = portrait.recorded(kind)
    assert drawing.caption.startswith("Recorded on another machine, 2026-11-25.")
    assert f"{kernels} kernel" in drawing.caption
    assert "another machine of a test, 4 processors" in drawing.alt


def test_only_containers_have_an_engine_beside_them(record):
    assert "Docker Engine" in portrait.recorded("container").alt
    assert "Docker Engine" not in portrait.recorded("vm").alt


def test_with_nothing_live_and_nothing_recorded_it_says_so(monkeypatch):
    monkeypatch.setattr(portrait, "load", tuple)
    with pytest.raises(LabError, match="none was recorded"):
        portrait.recorded("vm")
