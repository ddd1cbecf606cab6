import pytest

from lab_utils.checks import NotYet, exercise
from lab_utils.checks.answers import whole
from lab_utils.checks.exercise import Exercise
from lab_utils.errors import LabError


@exercise(
    "05.1", "How many `users`?", hint="Think of the power.", answer="1705: the formula says so."
)
def sample_size(answer: object) -> str:
    n = whole(answer, "users")
    if n < 1000:
        raise NotYet(f"{n} users", "more users", "look at <the power>")
    return f"{n} users"


def broken(answer):
    return str(1 / answer)


@pytest.fixture(autouse=True)
def record(monkeypatch, tmp_path):
    path = tmp_path / "progress.json"
    monkeypatch.setenv("LAB_PROGRESS", str(path))
    return path


def judging(judge):
    return Exercise("05.2", "Another", "Think.", "Ours.", judge)


def test_a_right_answer_is_told_what_was_seen():
    verdict = sample_size(1705)
    assert verdict.is_right
    assert str(verdict) == "05.1 How many `users`? Right.\n  Saw:      1705 users"


def test_a_wrong_answer_is_told_what_was_seen_what_was_expected_and_one_next_step():
    assert str(sample_size(10)).splitlines() == [
        "05.1 How many `users`? Not yet.",
        "  Saw:      10 users",
        "  Expected: more users",
        "  Next:     look at <the power>",
        "  Stuck?    check.sample_size.hint(), check.sample_size.solution()",
    ]


def test_the_box_has_the_same_words_and_a_folded_hint():
    shown = sample_size(10)._repr_mimebundle_()
    assert "look at &lt;the power&gt;" in shown["text/html"]
    assert "<details" in shown["text/html"]
    assert "Think of the power." in shown["text/html"]
    assert "<code>users</code>" in shown["text/html"]
    assert "1705" not in shown["text/html"]
    assert shown["text/plain"] == str(sample_size(10))


@pytest.mark.parametrize("answer", [..., None])
def test_no_answer_is_no_try(answer, record):
    assert "Not answered yet" in str(sample_size(answer))
    assert not record.exists()


def test_hint_and_solution_are_there_on_request():
    assert (
        sample_size.hint()._repr_mimebundle_()["text/html"].startswith("<details><summary>A hint")
    )
    assert str(sample_size.solution()) == "Our answer to 05.1: 1705: the formula says so."


def test_a_judge_of_ours_that_fails_is_said_to_be_ours_and_counts_for_nothing(record):
    verdict = judging(broken)(0)
    assert verdict.kind == "broken"
    assert "ZeroDivisionError: division by zero" in str(verdict)
    assert "Traceback" not in str(verdict._repr_mimebundle_())
    assert not record.exists()


def test_a_system_that_cannot_be_asked_is_told_and_counts_for_nothing(record):
    def down(answer):
        raise LabError("asking the balancer", "nothing answers", "`./lab up` starts it")

    verdict = judging(down)("a")
    assert verdict.kind == "could not look"
    assert "nothing answers" in verdict.saw
    assert verdict.next_step == "`./lab up` starts it"
    assert not record.exists()


def test_a_call_with_too_many_answers_is_told_how_to_call():
    assert sample_size(1, 2).next_step == "`check.sample_size(answer)`"


def test_an_exercise_that_is_not_called_says_how_to_call_it():
    assert repr(sample_size).endswith("check.sample_size(answer)")


def test_a_record_that_cannot_be_kept_is_noted_and_the_answer_judged(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "file" / "progress.json"))
    verdict = sample_size(1705)
    assert verdict.is_right
    assert "could not be kept" in verdict.note
