import json

import pytest

import lab_utils
from lab_utils.checks import progress
from lab_utils.errors import LabError

TWO = [("05.1", "How many users?"), ("05.2", "Who won?")]


@pytest.fixture(autouse=True)
def path(monkeypatch, tmp_path):
    path = tmp_path / "progress.json"
    monkeypatch.setenv("LAB_PROGRESS", str(path))
    return path


def tried(*results, number="05.1"):
    return [progress.note(number, "How many users?", right=each) for each in results]


def test_tries_are_counted_up_to_the_first_right_one():
    tried(False, False, True, False, True)
    first, second = progress.read(TWO).records
    assert (first.tries, second.tries) == (3, 0)
    assert first.right_since is not None
    assert second.right_since is None


def test_right_stays_right_since_the_first_time():
    tried(True)
    first = progress.read(TWO).records[0].right_since
    tried(True, False)
    assert progress.read(TWO).records[0].right_since == first


def test_the_table_says_that_it_is_no_grade_and_where_it_is():
    tried(False)
    shown = progress.read(TWO)._repr_mimebundle_()
    for text in shown.values():
        assert "no grade" in text
        assert "progress.json" in text
        assert "not yet" in text
    assert "0 of 2 right" in str(progress.read(TWO))


def test_an_exercise_of_another_version_of_the_lab_is_kept():
    tried(True, number="09.9")
    assert [each.number for each in progress.read(TWO).records] == ["05.1", "05.2", "09.9"]


DAMAGED = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[]",
    b"{}",
    b'{"format": "other", "exercises": []}',
    b'{"format": "lab progress 1", "exercises": [{"number": "05.1"}]}',
    b'{"format": "lab progress 1", "exercises": [3]}',
    b'{"format": "lab progress 1", "exercises": [{"number": 5, "title": "", "tries": "x"}]}',
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_record_is_kept_aside_and_told(content, path):
    path.write_bytes(content)
    (said,) = tried(True)
    aside = path.with_name("progress.damaged-1.json")
    assert "kept as progress.damaged-1.json" in said
    assert aside.read_bytes() == content
    assert progress.read(TWO).right == 1


def test_a_second_damaged_record_does_not_take_the_place_of_the_first(path):
    for content in (b"one", b"two"):
        path.write_bytes(content)
        tried(True)
    assert path.with_name("progress.damaged-1.json").read_bytes() == b"one"
    assert path.with_name("progress.damaged-2.json").read_bytes() == b"two"


def test_a_record_is_replaced_whole(path, monkeypatch):
    tried(True)
    before = path.read_bytes()
    monkeypatch.setattr(json, "dumps", lambda *_, **__: "\ud800")  # what no file can hold
    with pytest.raises(UnicodeEncodeError):
        tried(False, number="05.2")
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.glob("*.part")] == []


def test_a_folder_in_the_records_place_is_told(path):
    path.mkdir()
    assert "could not be kept" in tried(True)[0]
    assert "could not be read" in str(progress.read(TWO))


def test_an_export_is_one_json_with_all_exercises_and_no_name_but_the_one_given(tmp_path):
    tried(False, True)
    out = progress.read(TWO).export(tmp_path / "mine.json", name="Ada")
    table = json.loads(out.read_text())
    assert (table["name"], table["right"]) == ("Ada", 1)
    assert [each["number"] for each in table["exercises"]] == ["05.1", "05.2"]
    assert progress.read(TWO).export(out) == out
    assert json.loads(out.read_text())["name"] == ""


def test_an_export_takes_nothing_elses_place(tmp_path):
    (tmp_path / "thesis.json").write_text("{}")
    with pytest.raises(LabError, match="something else"):
        progress.read(TWO).export(tmp_path / "thesis.json")
    assert (tmp_path / "thesis.json").read_text() == "{}"


def test_an_export_into_no_folder_is_told(tmp_path):
    with pytest.raises(LabError, match="choose another folder"):
        progress.read(TWO).export(tmp_path / "nowhere" / "mine.json")


def test_the_table_has_every_exercise_there_is(path):
    tried(True, number="99.1")
    assert lab_utils.progress().records[-1].number == "99.1"
    assert lab_utils.progress().path == path
