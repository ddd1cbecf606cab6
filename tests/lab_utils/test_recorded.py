import json

import pytest

from lab_utils import recorded
from lab_utils.recorded import Tape


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    monkeypatch.delenv("LAB_RECORD", raising=False)
    return tmp_path


def record(monkeypatch, *said, aliases=None):
    with monkeypatch.context() as patch:
        patch.setenv("LAB_RECORD", "1")
        tape = Tape.of("a_lesson", aliases)
        tape.rewind(engine="26.1")
        for command, words in said:
            tape.keep(command, words)


def test_a_tape_says_what_was_said_in_its_order_and_then_the_last_again(monkeypatch):
    record(monkeypatch, ("ps", "one"), ("images", "hello"), ("ps", "two"))
    tape = Tape.of("a_lesson")
    assert [tape.replayed("ps") for _ in range(3)] == ["one", "two", "two"]
    assert tape.replayed("images") == "hello"


def test_what_nobody_recorded_is_not_there():
    assert Tape.of("a_lesson").replayed("ps") is None
    assert Tape.of("a_lesson").day == "never"


def test_names_of_one_room_are_those_of_the_tape(monkeypatch, folder):
    record(
        monkeypatch,
        ("run h6/hello", {"text": "h6/hello at :7604"}),
        aliases={"h6/": "recitation/", ":7604": ":8004"},
    )
    assert "h6" not in (folder / "a-lesson.json").read_text()
    other = Tape.of("a_lesson", {"test/": "recitation/"})
    assert other.replayed("run test/hello") == {"text": "recitation/hello at :8004"}


def test_nothing_is_recorded_unless_it_is_asked_for(folder):
    Tape.of("a_lesson").keep("ps", "one")
    assert list(folder.iterdir()) == []


def test_a_new_recording_takes_the_place_of_the_old_one(monkeypatch):
    record(monkeypatch, ("ps", "old"), ("images", "old"))
    record(monkeypatch, ("ps", "new"))
    tape = Tape.of("a_lesson")
    assert (tape.replayed("ps"), tape.replayed("images")) == ("new", None)


def test_a_tape_says_when_and_with_what_it_was_made(monkeypatch, folder):
    record(monkeypatch, ("ps", "one"))
    about = json.loads((folder / "a-lesson.json").read_text())["about"]
    assert set(about) == {"day", "machine", "engine"}
    assert Tape.of("a_lesson").day.endswith(about["day"][:4])
