"""Rules: what a value in the settings may be, and how a value that may not is answered."""

from __future__ import annotations

import difflib
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_REQUIRED: Final = object()
_MISSING: Final = object()


class Address(NamedTuple):
    """Where something listens; port 0 lets the system choose a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Rule(NamedTuple):
    """What a value may be: `accept` returns it in its final form or raises ValueError."""

    accept: Callable[[Any], Any]
    may_be: str
    known: tuple[str, ...] = ()
    """Names, if that is what it takes: a misspelt one is answered with the closest."""


class Section:
    """One table of the file, which remembers the keys it was asked for."""

    def __init__(self, table: dict[str, Any], name: str, problems: list[str]) -> None:
        self.table = table
        self._prefix = f"{name}." if name else ""
        self._problems = problems
        self._known: list[str] = []

    def take(self, key: str, rule: Rule, default: Any = _REQUIRED) -> Any:
        """The checked value of a key; a problem is noted, and the caller reads on."""
        self._known.append(key)
        value = self.table.get(key, _MISSING)
        if value is _MISSING and default is not _REQUIRED:
            return default
        try:
            return rule.accept(value)
        except ValueError:
            found = "nothing" if value is _MISSING else repr(value)
            close = difflib.get_close_matches(str(value), rule.known, n=1)
            hint = f'; did you mean "{close[0]}"?' if close else ""
            self._problems.append(f"{self._prefix}{key}: found {found}, may be {rule.may_be}{hint}")
            return None

    def section(self, key: str) -> Section:
        """A table inside this one, empty where the file leaves it out."""
        self._known.append(key)
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            name = f"{self._prefix}{key}"
            self._problems.append(f"{name}: found {value!r}, may be a section [{name}]")
            value = {}
        return Section(value, f"{self._prefix}{key}", self._problems)

    def refuse_unknown(self) -> None:
        """Note the keys nobody asked for: each is a misspelling or a wish that has no effect."""
        for key in self.table.keys() - set(self._known):
            close = difflib.get_close_matches(key, self._known, n=1)
            hint = f"did you mean {close[0]}?" if close else "may be " + ", ".join(self._known)
            self._problems.append(f"{self._prefix}{key}: is not a key, {hint}")


def _typed(value: Any, *types: type) -> Any:
    # In Python True is an int; in a settings file it is a mistake.
    if not isinstance(value, types) or isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - one exception for every refusal
    return value


def _matching(pattern: str) -> Callable[[Any], str]:
    compiled = re.compile(pattern)

    def accept(value: Any) -> str:
        if not compiled.fullmatch(_typed(value, str)):
            raise ValueError
        return str(value)

    return accept


def _number(above: Callable[[float], bool]) -> Callable[[Any], float]:
    def accept(value: Any) -> float:
        number = float(_typed(value, int, float))
        if not (math.isfinite(number) and above(number)):
            raise ValueError
        return number

    return accept


def one_of(names: Iterable[str], *, or_matching: str | None = None) -> Rule:
    """One of a few names, or else what matches a pattern: the function of a file."""
    known = tuple(names)
    pattern = None if or_matching is None else re.compile(or_matching)

    def accept(value: Any) -> str:
        if _typed(value, str) not in known and not (pattern and pattern.fullmatch(value)):
            raise ValueError
        return str(value)

    more = "" if pattern is None else ' or "FILE.py:FUNCTION"'
    return Rule(accept, " or ".join(f'"{name}"' for name in known) + more, known)


def whole(low: int, *, most: int | None = None) -> Rule:
    """A whole number."""

    def accept(value: Any) -> int:
        if _typed(value, int) < low or (most is not None and value > most):
            raise ValueError
        return int(value)

    return Rule(accept, f"a whole number, {low} {'or more' if most is None else f'to {most}'}")


def _address(value: Any) -> Address:
    host, colon, port = _typed(value, str).rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= 65_535):
        raise ValueError
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def _addresses(value: Any) -> tuple[Address, ...]:
    if not _typed(value, list):
        raise ValueError
    return tuple(_address(item) for item in value)


ADDRESS: Final = Rule(_address, 'text like "127.0.0.1:8082"')
ADDRESSES: Final = Rule(_addresses, 'a list of texts like ["recommender-a:8000"], not empty')
FILE: Final = Rule(lambda value: Path(_matching(r".+")(value)), "the path of a file")
HEADER: Final = Rule(_matching(r"[A-Za-z0-9-]+"), "the name of a header")
PATH: Final = Rule(_matching(r"/[!-~]*"), 'text that starts with "/", without spaces')
PERCENT: Final = Rule(_number(lambda number: 0 < number < 100), "a number above 0 and below 100")
POSITIVE: Final = Rule(_number(lambda number: number > 0), "a number above 0")
SHARE: Final = Rule(_number(lambda number: 0 <= number <= 1), "a number from 0 to 1")
TEXT: Final = Rule(_matching(r".+"), "text, not empty")
MOST_WEIGHT: Final = 1_000_000
WEIGHT: Final = Rule(
    _number(lambda number: 0 <= number <= MOST_WEIGHT), f"a number, 0 to {MOST_WEIGHT:,}"
)
