from itertools import islice

from lab_utils.tail import follow_files


def test_one_file_is_shown_as_it_is(tmp_path):
    (tmp_path / "a.log").write_text("one\ntwo")
    assert list(follow_files({"a": tmp_path / "a.log"}, follow=False)) == ["one", "two"]


def test_several_files_are_told_apart_and_a_missing_one_is_no_error(tmp_path):
    (tmp_path / "b.log").write_text("two\n")
    files = {"a": tmp_path / "a.log", "long": tmp_path / "b.log"}
    assert list(follow_files(files, follow=False)) == ["long | two"]


def test_following_waits_for_whole_lines(tmp_path):
    path = tmp_path / "a.log"
    path.write_text("one\ntw")
    reading = follow_files({"a": path}, follow=True)
    assert next(reading) == "one"
    with path.open("a") as log:
        log.write("o\nthree\n")
    assert list(islice(reading, 2)) == ["two", "three"]
