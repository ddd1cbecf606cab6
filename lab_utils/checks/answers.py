"""Answers as students give them, turned into what a judge can use; each slip has its own words.

Every function raises `NotYet` for what it cannot use and never says what the answer is.
"""

from __future__ import annotations

import ctypes
import dis
import math
import numbers
import threading
from collections.abc import Callable, Collection, Mapping
from types import FunctionType
from typing import Any, TypeVar

from lab_utils.errors import LabError

T = TypeVar("T")

SECONDS = 5.0
"""How long a student's function may take, unless a judge says otherwise."""

LONGEST_SHOWN = 60
"""Characters of an answer that are repeated to its author."""


class NotYet(LabError):
    """An answer that is not right yet.

    Args:
        saw: what was looked at and found.
        expected: what a right answer has that this one has not, without giving it away.
        next_step: one thing to try.
    """

    def __init__(self, saw: str, expected: str, next_step: str) -> None:
        self.saw = saw
        self.expected = expected
        super().__init__("looking at an answer", f"{saw}; expected {expected}", next_step)


def is_unanswered(answer: object) -> bool:
    """Whether it is still `...` or None, holds a `...`, or is a function with nothing in it."""
    if answer is None or answer is ...:
        return True
    if isinstance(answer, Mapping):
        return any(each is ... for each in answer.values())
    if isinstance(answer, list | tuple | set | frozenset):
        return any(each is ... for each in answer)
    return isinstance(answer, FunctionType) and _does_nothing(answer)


def answer_or_ours(mine: T | None, ours: T) -> T:
    """What later cells go on with: a student's answer, or ours where there is none yet."""
    return ours if mine is None or is_unanswered(mine) else mine


def described(answer: object) -> str:
    """An answer in a few words, to say what was seen."""
    if isinstance(answer, str):
        return f"the text {_short(repr(answer))}"
    if isinstance(answer, bool):
        return f"{answer}, which is yes or no"
    if callable(answer):
        return f"the function {getattr(answer, '__name__', type(answer).__name__)} itself"
    if isinstance(answer, Collection):
        return f"a {type(answer).__name__} of {len(answer)}: {_short(repr(answer))}"
    return _short(repr(answer))


def number(answer: object, unit: str = "") -> float:
    """A finite number, whatever type of Python, NumPy or pandas it has.

    Args:
        answer: what the student gave.
        unit: what it counts, for the messages: "requests".

    Raises:
        NotYet: text, a list, a function, yes or no, not a number, or infinity.
    """
    one = f"one number{' of ' + unit if unit else ''}"
    value = answer.item() if getattr(answer, "ndim", None) == 0 else answer  # type: ignore[attr-defined]
    if isinstance(value, bool) or not isinstance(value, numbers.Real | _decimal()):
        raise NotYet(described(answer), one, _to_a_number(answer))
    found = float(value)  # type: ignore[arg-type]
    if math.isnan(found):
        advice = "look for an empty group, or 0 divided by 0, on the way to it"
        raise NotYet("nan: not a number", one, advice)
    if math.isinf(found):
        raise NotYet(f"{found}", f"{one}, and a finite one", "look for a division by 0")
    return found


def whole(answer: object, unit: str = "") -> int:
    """A whole number; 3.0 counts as 3.

    Raises:
        NotYet: as `number`, or there is a part behind the point.
    """
    found = number(answer, unit)
    if found != int(found):
        wanted = f"a whole number{' of ' + unit if unit else ''}"
        advice = "there is no part of one: think in which direction to round"
        raise NotYet(f"{found:g}", wanted, advice)
    return int(found)


def probability(answer: object) -> float:
    """A share or probability from 0 to 1.

    Raises:
        NotYet: as `number`, a percentage, or beyond 0 to 1.
    """
    if isinstance(answer, str) and answer.strip().endswith("%"):
        advice = "write it as a number without quotes and sign: 5 % is 0.05"
        raise NotYet(described(answer), "a share between 0 and 1", advice)
    found = number(answer)
    if 1 < found <= 100:
        advice = "that reads like a percentage: divide it by 100"
        raise NotYet(f"{found:g}", "a share between 0 and 1", advice)
    if not 0 <= found <= 1:
        advice = "a share is a part divided by its whole: look at what you divided by what"
        raise NotYet(f"{found:g}", "a share between 0 and 1", advice)
    return found


def one_of(answer: object, choices: Collection[str]) -> str:
    """One of some words; capitals and blanks around it do not matter.

    Raises:
        NotYet: another type, or another word.
    """
    among = _listed(choices)
    if not isinstance(answer, str):
        kind = "a single text" if isinstance(answer, list | tuple | set) else "a text, in quotes"
        raise NotYet(described(answer), f"{kind}: one of {among}", "choose one of them")
    known = {choice.casefold(): choice for choice in choices}
    if (word := answer.strip().casefold()) not in known:
        raise NotYet(described(answer), f"one of {among}", "look for a slip of the pen")
    return known[word]


def some_of(answer: object, choices: Collection[str]) -> frozenset[str]:
    """Any number of some words, in any order.

    Raises:
        NotYet: another type, or a word that is none of them.
    """
    if isinstance(answer, str) or not isinstance(answer, list | tuple | set | frozenset):
        example = "several texts between braces: {'...', '...'}"
        raise NotYet(described(answer), example, "use braces or brackets, and quotes around each")
    return frozenset(one_of(each, choices) for each in answer)


def text(answer: object) -> str:
    """A text that is not empty, without the blanks around it.

    Raises:
        NotYet: another type, or nothing in it.
    """
    if isinstance(answer, bytes):
        raise NotYet(f"bytes: {_short(repr(answer))}", "a text", "`.decode()` makes one of bytes")
    if not isinstance(answer, str):
        plain = isinstance(answer, numbers.Number)
        advice = "put quotes around it" if plain else "give one name, with quotes around it"
        raise NotYet(described(answer), "a text, in quotes", advice)
    if not answer.strip():
        raise NotYet("an empty text", "a text with something in it", "write what you found")
    return answer.strip()


def named_numbers(answer: object, names: Collection[str]) -> dict[str, float]:
    """A number for each of some names, as a dict or a pandas Series.

    Raises:
        NotYet: another type, other names, or something that is no number.
    """
    wanted = f"a dict with a number for each of {_listed(names)}"
    given = answer.to_dict() if hasattr(answer, "to_dict") else answer
    if not isinstance(given, Mapping):
        example = "{" + ", ".join(f'"{name}": ...' for name in names) + "}"
        raise NotYet(described(answer), wanted, f"write it as {example}")
    if set(given) != set(names):
        found = _listed([str(name) for name in given]) or "no names"
        raise NotYet(f"a dict with {found}", wanted, "look at its names, on the left of the colons")
    return {name: number(given[name]) for name in names}


def function(answer: object, example: str) -> Callable[..., Any]:
    """A function of the student's.

    Args:
        answer: what the student gave.
        example: how it is to be called: "choose(user)".

    Raises:
        NotYet: something else, such as what the function returned.
    """
    if not callable(answer):
        name = example.split("(")[0]
        advice = f"give the function and do not call it: `{name}`, without brackets"
        raise NotYet(described(answer), f"a function, called as `{example}`", advice)
    return answer


def called(
    answer: Callable[..., T], *arguments: object, seconds: float = SECONDS, shown: str = ""
) -> T:
    """What a student's function returns, within a time.

    It runs in a thread of its own, so that one that never ends can be given up.

    Args:
        answer: the function.
        arguments: for it.
        seconds: after which it is ended.
        shown: how the call is named in messages, where it is not the function itself.

    Raises:
        NotYet: it raised, or did not end in time.
    """
    name = getattr(answer, "__name__", "your function")
    call = shown or f"{name}({', '.join(map(repr, arguments))})"
    running = _Running(answer, arguments)
    if not running.ends_within(seconds):
        raise NotYet(
            f"`{_short(call)}` had not ended after {seconds:g} seconds",
            "an answer at once",
            "look for a loop that never ends, or for something it waits for",
        )
    if running.error is not None:
        name, said = type(running.error).__name__, str(running.error)
        raise NotYet(
            f"`{_short(call)}` raised {name}: {_short(said)}",
            "a result",
            f"call `{_short(call)}` in a cell of its own: the last line of what it shows says why",
        )
    return running.result  # type: ignore[return-value]


class _GivenUp(BaseException):
    """Ends a function that took too long; no `except Exception` of its own catches it."""


class _Running:
    """A function at work in a thread."""

    def __init__(self, work: Callable[..., Any], arguments: tuple[object, ...]) -> None:
        self.result: object = None
        self.error: BaseException | None = None
        self._work, self._arguments = work, arguments
        self._thread = threading.Thread(target=self._run, daemon=True)

    def ends_within(self, seconds: float) -> bool:
        self._thread.start()
        self._thread.join(seconds)
        if not self._thread.is_alive():
            return True
        # Python ends no thread from outside; an exception set in it does, at its next line
        number = ctypes.c_ulong(self._thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(number, ctypes.py_object(_GivenUp))
        return False

    def _run(self) -> None:
        try:
            self.result = self._work(*self._arguments)
        except _GivenUp:
            pass
        except BaseException as error:  # noqa: BLE001 - told to the student, whatever it is
            self.error = error


def _does_nothing(function: FunctionType) -> bool:
    """Whether a function's body is `...` or `pass`, with or without a docstring."""
    quiet = {"RESUME", "NOP"}
    steps = [step for step in dis.get_instructions(function) if step.opname not in quiet]
    return bool(steps) and all(
        step.opname == "RETURN_VALUE"
        or (step.opname in ("LOAD_CONST", "RETURN_CONST") and step.argval is None)
        for step in steps
    )


def _to_a_number(answer: object) -> str:
    if isinstance(answer, str):
        return "leave the quotes out" if _reads_as_number(answer) else "give a number, no words"
    if isinstance(answer, bool):
        return "it is the answer to a comparison: give what was compared"
    if callable(answer):
        return "call it: its name, then brackets with what it needs"
    if isinstance(answer, complex):
        return "look for the root of a negative number on the way to it"
    return "take the one number out of it, for instance with [0]"


def _reads_as_number(answer: str) -> bool:
    try:
        float(answer.strip().rstrip("%").replace(",", ""))
    except ValueError:
        return False
    return True


def _decimal() -> type:
    from decimal import Decimal  # a number to everyone but Python's own tower of numbers

    return Decimal


def _listed(words: Collection[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def _short(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= LONGEST_SHOWN else flat[: LONGEST_SHOWN - 1] + "…"
