"""Header lines: what is to be done about each, found by looking at it once.

A line is harmless if it can be passed on as it came: no character in it could be read in two ways,
and its name means nothing here. Few names mean something; those lines are told apart, and whatever
looks the least bit odd is `OTHER`, and is left to llhttp (heads.py).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_LINES_REMEMBERED: Final = 4_096
_NAMES_REMEMBERED: Final = 512

# They concern one connection, not the message, and end here (RFC 9110, section 7.6.1).
# Trailer is among them because trailers are not forwarded.
_HOP_BY_HOP: Final = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)
REQUEST_OWN: Final = _HOP_BY_HOP.union(
    b"content-length expect host x-forwarded-for x-request-id".split()
)
RESPONSE_OWN: Final = _HOP_BY_HOP.union(b"content-length x-request-id x-variant".split())

_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
VALUE: Final = re.compile(rb" ?+(?:[!-~\x80-\xff]++(?:[\t ]++[!-~\x80-\xff]++)*+)?+").fullmatch
"""What may follow the colon of a line that is passed on as it is.

At most one space, and a value without white space around it. Possessive, so that no value makes it
try again and again.
"""
_DIGITS: Final = re.compile(rb"\d{1,15}")
HOST_VALUE: Final = re.compile(
    rb"(?:\[[0-9A-Fa-fv:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\d{0,5})?"
)
"""A name or an address, and perhaps a port; or nothing (RFC 9112, section 3.2; RFC 3986, 3.2.2)."""

HARMLESS, HOST, LENGTH, USER, KEEP_ALIVE, OTHER = range(1, 7)
"""The kinds of lines."""


class Kinds(dict[bytes, int]):
    """Header lines and what is to be done about them; a new one is judged, and remembered.

    Lines repeat, and where a line does not, its name does: what is to be done about a name is
    remembered, too, and then only the value has to be looked through.

    Args:
        own: lower-case names that have a meaning here.
        named: those of them that need no parser, and their kinds.
    """

    def __init__(self, own: frozenset[bytes], named: dict[bytes, int]) -> None:
        super().__init__()
        self._own = {name.replace(b"_", b"-") for name in own.union(named)}
        self._named = named
        self._names: dict[bytes, int] = {}

    def __missing__(self, line: bytes) -> int:
        name, colon, value = line.partition(b":")
        kind = self._names.get(name) or self._kind_of_name(name)
        if not colon or VALUE(value) is None:
            kind = OTHER
        elif kind != HARMLESS:
            well_formed = _WELL_FORMED.get(kind)
            if well_formed is not None and well_formed.fullmatch(value.strip()) is None:
                kind = OTHER
        if len(self) >= _LINES_REMEMBERED:
            self.clear()
        self[line] = kind
        return kind

    def _kind_of_name(self, name: bytes) -> int:
        lower = name.lower()
        if _TOKEN.fullmatch(name) is None:
            kind = OTHER
        elif lower.replace(b"_", b"-") not in self._own:  # "_" is "-" to some, see _Fields
            kind = HARMLESS
        else:
            kind = self._named.get(lower, OTHER)
        if len(self._names) >= _NAMES_REMEMBERED:
            self._names.clear()
        self._names[name] = kind
        return kind


_WELL_FORMED: Final = {
    LENGTH: _DIGITS,
    HOST: HOST_VALUE,
    KEEP_ALIVE: re.compile(rb"(?i:keep-alive)"),  # what HTTP/1.1 does anyway
}
_BOTH: Final = {b"content-length": LENGTH, b"connection": KEEP_ALIVE}
RESPONSE_KINDS: Final = Kinds(RESPONSE_OWN, _BOTH)
"""The kinds of an answer's lines."""


@lru_cache
def request_kinds(user_header: bytes) -> Kinds:
    """The kinds of a request's lines; `user_header` is the lower-case name of the user's."""
    return Kinds(REQUEST_OWN, {**_BOTH, b"host": HOST, user_header: USER})
