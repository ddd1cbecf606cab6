from dataclasses import replace

from lab_utils.measurements import recorded
from tests.lab_utils.measurements.test_result import START


def test_what_is_kept_says_that_it_is_recorded(tmp_path):
    recorded.save(tmp_path / "kept.json", [START], "abc1234")
    assert recorded.load(tmp_path / "kept.json") == (
        replace(START, recorded=True, commit="abc1234"),
    )


def test_without_a_file_nothing_is_recorded(tmp_path):
    assert recorded.load(tmp_path / "none.json") == ()


def test_records_are_found_by_name_runtime_and_server(monkeypatch):
    others = (replace(START, runtime="container"), replace(START, server="recommender-a"))
    monkeypatch.setattr(recorded, "load", lambda: (*others, START))
    assert recorded.find(["never measured", "start"], "vm", "tiny") == (START,)
