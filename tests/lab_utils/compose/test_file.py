import pytest

from lab_utils.compose.file import STACK_FILE, ComposeFile
from lab_utils.errors import LabError


def file(tmp_path, text):
    path = tmp_path / "compose.yaml"
    path.write_text(text)
    return ComposeFile(path)


def test_a_section_is_shown_as_it_stands_with_the_comment_above_it():
    shown = str(STACK_FILE.section("train-a"))
    assert shown.startswith("# Runs once and ends")
    assert shown.endswith("- model-a:/model")
    assert all(line.strip() in STACK_FILE.text for line in shown.splitlines())


def test_a_section_ends_where_the_next_one_begins(tmp_path):
    known = file(tmp_path, "services:\n  a:\n    image: x\n\n  # of b\n  b:\n    image: y\n")
    assert str(known.section("a")) == "a:\n  image: x"
    assert str(known.section("b")) == "# of b\nb:\n  image: y"


def test_a_key_of_the_file_comes_before_one_of_the_same_name_inside_a_service():
    assert "LAB_CA_BUNDLE" in str(STACK_FILE.section("secrets"))


def test_a_name_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(LabError, match="balancer"):
        STACK_FILE.section("balanser")


def test_a_notebook_colours_it():
    assert STACK_FILE.section("volumes")._repr_mimebundle_()["text/markdown"].startswith("```yaml")


def test_who_waits_for_whom_and_until_when():
    waits = STACK_FILE.waits()
    assert waits["recommender-a"] == {"train-a": "service_completed_successfully"}
    assert waits["balancer"] == {}
    assert "nginx" not in waits


def test_the_services_of_a_profile_are_counted_when_it_is_named():
    assert set(STACK_FILE.waits(profile="nginx")["nginx"]) == {"recommender-a", "recommender-b"}


def test_a_plain_list_waits_for_the_start_only(tmp_path):
    known = file(tmp_path, "services:\n  a:\n    depends_on: [b]\n  b: {}\n")
    assert known.waits() == {"a": {"b": "service_started"}, "b": {}}


def test_a_file_that_is_no_yaml_is_told_and_not_a_traceback(tmp_path):
    with pytest.raises(LabError, match="reading compose"):
        file(tmp_path, "services:\n\ta: x\n").waits()
