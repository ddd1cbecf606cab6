import threading
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from lab_utils.checks import answers
from lab_utils.checks.answers import NotYet, answer_or_ours, is_unanswered


def empty(user): ...


def empty_with_words(user):
    """Says what it will do."""


def passing(user):
    pass


def returns_a_number(user):
    return 1


def raises(user):
    raise KeyError(user)


def never_ends(user):
    while True:
        pass


def refused(judge, answer, *more):
    with pytest.raises(NotYet) as caught:
        judge(answer, *more)
    return f"{caught.value.saw} | {caught.value.expected} | {caught.value.next_step}"


UNANSWERED = [..., None, [1, ...], (...,), {"a": ...}, empty, empty_with_words, passing]


@pytest.mark.parametrize("answer", UNANSWERED)
def test_dots_none_and_empty_functions_are_no_answer_yet(answer):
    assert is_unanswered(answer)
    assert answer_or_ours(answer, "ours") == "ours"


@pytest.mark.parametrize(
    "answer", [0, "", False, [], {}, {"a": None}, returns_a_number, np.zeros(2)]
)
def test_all_else_is_an_answer(answer):
    assert not is_unanswered(answer)
    assert answer_or_ours(answer, "ours") is answer


@pytest.mark.parametrize(
    "answer", [3, 3.0, np.int64(3), np.float32(3), np.array(3), Decimal(3), Fraction(3)]
)
def test_a_number_may_have_any_type_of_number(answer):
    assert answers.number(answer) == 3
    assert answers.whole(answer) == 3


@pytest.mark.parametrize(
    ("answer", "piece"),
    [
        ("3", "leave the quotes out"),
        ("many", "give a number, no words"),
        ([3], "take the one number out of it"),
        (pd.Series([3.0]), "take the one number out of it"),
        (True, "what was compared"),
        (returns_a_number, "call it"),
        (1j, "root of a negative number"),
        (float("nan"), "not a number"),
        (np.nan, "not a number"),
        (float("inf"), "division by 0"),
    ],
)
def test_what_is_no_number_is_told_which_slip_it_is(answer, piece):
    assert piece in refused(answers.number, answer)


def test_a_part_of_a_user_is_none():
    assert "think in which direction to round" in refused(answers.whole, 1704.2, "users")


@pytest.mark.parametrize(
    ("answer", "piece"),
    [
        (30, "divide it by 100"),
        ("30 %", "5 % is 0.05"),
        (-0.1, "what you divided by what"),
        (300, "what you divided by what"),
        ([0.3], "take the one number out of it"),
    ],
)
def test_a_share_is_told_from_a_percentage(answer, piece):
    assert answers.probability(0.3) == 0.3
    assert piece in refused(answers.probability, answer)


@pytest.mark.parametrize(
    ("answer", "piece"),
    [
        ("c", "slip of the pen"),
        (["a"], "a single text"),
        (1, "in quotes"),
        (len, "the function len"),
    ],
)
def test_one_of_some_words_is_told_what_it_is_not(answer, piece):
    assert answers.one_of(" A ", ("a", "b")) == "a"
    assert piece in refused(answers.one_of, answer, ("a", "b"))


@pytest.mark.parametrize(
    ("answer", "piece"), [("a", "braces"), ({"a", "c"}, "slip"), (3, "braces")]
)
def test_some_of_some_words_wants_a_set(answer, piece):
    assert answers.some_of(["b", "a"], ("a", "b", "d")) == {"a", "b"}
    assert piece in refused(answers.some_of, answer, ("a", "b"))


@pytest.mark.parametrize(("answer", "piece"), [(b"x", "decode"), (3, "quotes"), ("  ", "empty")])
def test_a_text_is_one_with_something_in_it(answer, piece):
    assert answers.text(" x ") == "x"
    assert piece in refused(answers.text, answer)


@pytest.mark.parametrize(
    ("answer", "piece"),
    [
        ([0.7, 0.3], 'write it as {"a": ..., "b": ...}'),
        ({"a": 1}, 'a dict with "a"'),
        ({}, "a dict with no names"),
        ({"a": "1", "b": 2}, "leave the quotes out"),
    ],
)
def test_named_numbers_want_all_their_names(answer, piece):
    assert answers.named_numbers(pd.Series({"b": 2, "a": 1}), "ab") == {"a": 1, "b": 2}
    assert piece in refused(answers.named_numbers, answer, "ab")


def test_the_result_of_a_function_is_told_from_the_function():
    assert answers.function(len, "len(x)") is len
    assert "`choose`, without brackets" in refused(answers.function, "a", "choose(user)")


def test_a_function_is_called():
    assert answers.called(returns_a_number, "17") == 1


def test_a_function_that_raises_is_told_with_how_it_was_called():
    assert "`raises('17')` raised KeyError: '17'" in refused(answers.called, raises, "17")


def test_a_function_that_never_ends_is_given_up_and_really_ends():
    before = threading.active_count()
    with pytest.raises(NotYet, match="loop that never ends"):
        answers.called(never_ends, "17", seconds=0.2)
    deadline = time.monotonic() + 30
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_a_long_answer_is_shown_short():
    assert len(answers.described("x" * 1000)) < 80
    assert answers.described([1, 2]) == "a list of 2: [1, 2]"
