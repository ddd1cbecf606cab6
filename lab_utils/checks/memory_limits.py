"""Limits of memory as students write them, read as Docker reads them."""

from __future__ import annotations

import re

from lab_utils.checks.answers import NotYet, described, text

NAMES = ("mem_limit", "memswap_limit")
"""What Docker's Python library calls them: memory, and memory and swap together."""

UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
"""Docker's, which are powers of two."""


def limits(answer: object) -> dict[str, str]:
    """A text for some of `NAMES`.

    Raises:
        NotYet: no dict, another name, or something else than a text.
    """
    names = " and ".join(NAMES)
    if not isinstance(answer, dict):
        raise NotYet(described(answer), "a dict of limits", f"its names are {names}")
    for name in answer:
        if name not in NAMES:
            raise NotYet(f"a limit called {name!r}", "limits of memory alone", f"use {names}")
    return {str(name): text(value) for name, value in answer.items()}


def size(limit: str | None) -> int | None:
    """Bytes of a limit; None for none.

    Raises:
        NotYet: it cannot be read.
    """
    if limit is None:
        return None
    found = re.fullmatch(r"(\d+)\s*([kmg]?)b?", limit.strip().lower())
    if not found:
        raise NotYet(f"a limit of {limit!r}", "a number and k, m or g", 'write it like "32m"')
    return int(found[1]) * UNITS[found[2]]
