import json

import pytest

from lab_utils.compose.change import ORDERS
from lab_utils.compose.recording import RECORDED, Recorder, Recording
from lab_utils.docker_engine import Engine
from lab_utils.errors import LabError


def test_what_is_noted_is_read_again(tmp_path):
    recorder = Recorder(tmp_path / "it.json", Engine("unix:///x", "26.1", (), "2.26"))
    recorder.note("reach", {"A": True})
    recorder.note("spread", {"a": 20})
    recorder.note("reach", {"A": False})
    recording = Recording.read(tmp_path / "it.json")
    assert recording.demand("reach") == {"A": False}
    assert recording.get("spread") == {"a": 20}
    assert (recording.provenance.engine, recording.provenance.compose) == ("26.1", "2.26")


def test_what_was_not_recorded_is_not_made_up():
    recording = Recording.read(RECORDED)
    assert recording.get("nothing of the kind") is None
    with pytest.raises(LabError, match="Docker Engine"):
        recording.demand("nothing of the kind")


@pytest.mark.parametrize("content", ["", "{}", '{"provenance": {}, "shown": {}}'])
def test_a_damaged_recording_is_told(tmp_path, content):
    path = tmp_path / "it.json"
    path.write_text(content)
    with pytest.raises(LabError, match="reading what was recorded"):
        Recording.read(path)


def test_every_order_of_a_change_is_recorded_and_only_one_lost_nobody():
    shown = json.loads(RECORDED.read_text())["shown"]
    lost = {
        order: sum(status != 200 for *_, status in shown[f"change {' '.join(order)}"]["visits"])
        for order in ORDERS
    }
    assert [order for order, count in lost.items() if count == 0] == [("start", "wait", "stop")]
