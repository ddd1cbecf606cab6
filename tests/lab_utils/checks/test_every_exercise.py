"""What holds for every exercise of every notebook."""

import importlib.util
import re

import pytest

from lab_utils.checks import known

MODULES = known.exercises()
FEWEST, MOST = 4, 7
FEWEST_WRONG = 4


def cases(module):
    """The cases of one module's exercises; where it has no test module, none."""
    name = f"tests.lab_utils.checks.test_{module}"
    return importlib.import_module(name).CASES if importlib.util.find_spec(name) else []


CASES = [case for module in MODULES for case in cases(module)]
WRONG = [(case, each) for case in CASES for each in case.wrong]


@pytest.fixture(autouse=True)
def progress(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))


@pytest.fixture
def judged(monkeypatch):
    """What a check says to one try, in the state of the system that belongs to it."""

    def judge(case, one):
        with monkeypatch.context() as patch:
            one.given(patch)
            return case.check(*one.answer)

    return judge


def said(verdict):
    return " ".join((verdict.saw, verdict.expected, verdict.next_step))


def number(case):
    return case.check.number


@pytest.mark.parametrize("module", MODULES)
def test_a_notebook_has_four_to_seven_exercises(module):
    assert FEWEST <= len(MODULES[module]) <= MOST


@pytest.mark.parametrize("module", MODULES)
def test_the_exercises_of_a_notebook_are_numbered_through(module):
    numbers = [each.number for each in MODULES[module]]
    notebook = numbers[0].split(".")[0]
    assert numbers == [f"{notebook}.{place}" for place in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("module", MODULES)
def test_each_exercise_has_its_cases(module):
    assert [number(case) for case in cases(module)] == [each.number for each in MODULES[module]]


def test_no_two_notebooks_share_a_number():
    numbers = [each.number for some in MODULES.values() for each in some]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("case", CASES, ids=number)
def test_a_right_answer_is_told_to_be_right(case, judged):
    assert case.right
    for one in case.right:
        verdict = judged(case, one)
        assert verdict.is_right, str(verdict)
        assert one.says in verdict.saw


@pytest.mark.parametrize(
    ("case", "one"), WRONG, ids=[f"{number(case)}-{one.says[:24]}" for case, one in WRONG]
)
def test_a_wrong_answer_is_told_what_was_seen_and_one_next_step(case, one, judged):
    verdict = judged(case, one)
    assert verdict.kind == "not yet", str(verdict)
    assert one.says in said(verdict)
    assert all((verdict.saw, verdict.expected, verdict.next_step))


@pytest.mark.parametrize("case", CASES, ids=number)
def test_each_wrong_answer_has_its_own_message(case, judged):
    verdicts = [judged(case, one) for one in case.wrong]
    advice = {(verdict.expected, verdict.next_step) for verdict in verdicts}
    assert len(case.wrong) >= FEWEST_WRONG
    assert len({said(verdict) for verdict in verdicts}) == len(verdicts)
    assert len(advice) >= FEWEST_WRONG


@pytest.mark.parametrize("case", CASES, ids=number)
def test_no_message_to_a_wrong_answer_and_no_hint_gives_the_right_one_away(case, judged):
    assert re.search(case.secret, case.check.answer), "the secret is to be found in the solution"
    told = [said(judged(case, one)) for one in case.wrong]
    assert [text for text in [*told, case.check.nudge] if re.search(case.secret, text)] == []


@pytest.mark.parametrize("case", CASES, ids=number)
def test_dots_and_none_are_no_answer_yet_and_no_try(case, judged, tmp_path):
    most = max(len(one.answer) for one in (*case.right, *case.wrong))
    for nothing in (..., None) if most else ():
        assert case.check(*[nothing] * most).kind == "unanswered"
    assert not (tmp_path / "progress.json").exists()


@pytest.mark.parametrize("case", CASES, ids=number)
def test_an_exercise_has_a_title_a_hint_and_a_solution_with_a_reason(case):
    assert len(case.check.title) <= 80
    assert len(case.check.nudge.split()) >= 5
    assert len(case.check.answer.split()) >= 8
