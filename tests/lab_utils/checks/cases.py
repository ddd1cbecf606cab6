"""How a test module tells of an exercise: what is right, what is typically wrong, what is ours.

`CASES` of `test_<module>.py` has one `Case` for each exercise of `lab_utils/checks/<module>.py`;
`test_every_exercise.py` goes through all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from lab_utils.checks.exercise import Exercise

Given = Callable[[pytest.MonkeyPatch], object]


def nothing(_patch: pytest.MonkeyPatch) -> None:
    """The world stays as it is."""


@dataclass(frozen=True)
class Try:
    """An answer, and a piece of what the check says to it.

    Attributes:
        answer: the arguments of the check, a tuple: `(1705,)`, or `()` where it takes none.
        says: a piece of the message, its own.
        given: puts the system in the state that is judged, with a monkeypatch.
    """

    answer: tuple[object, ...]
    says: str
    given: Given = nothing


@dataclass(frozen=True)
class Case:
    """An exercise, its right answers and at least four wrong ones.

    Attributes:
        check: the exercise.
        right: answers that are right.
        wrong: typical wrong ones, each with a message of its own.
        secret: a regular expression that finds the right answer in a text: in the solution, and
            in no message to a wrong answer.
    """

    check: Exercise
    right: tuple[Try, ...]
    wrong: tuple[Try, ...]
    secret: str
