"""What can be wrong with a student's rule for splitting users or requests, found by trying it."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType
from typing import Any

from scipy.stats import binomtest

from lab_utils.checks.answers import NotYet, called, described

PLANNED = 0.7
"""The share of a that the recitation asks for."""

TOO_FAR = 1e-4
"""The p-value below which a split is not the planned one: a right one is refused once in 10,000."""

NEWCOMER = 1_000_000
"""A number that no user had before."""

BLOCK = 200
"""Neighbours who are looked at together."""


def times(draw: Callable[[], Any], count: int) -> list[Any]:
    """What a function without arguments returns, so many times."""
    return [draw() for _ in range(count)]


def for_each(choose: Callable[[str], Any], users: Sequence[str]) -> list[Any]:
    """What a function returns for each user."""
    return [choose(user) for user in users]


def demand_variants(answers: Sequence[Any], call: str) -> None:
    """Raise unless each answer names a variant."""
    for answer in answers:
        if answer is None:
            raise NotYet(
                f"`{call}` gave nothing: None",
                'the text "a" or "b", handed back with `return`',
                "`print` only shows; and each way through a function has to end with a `return`",
            )
        if answer not in ("a", "b"):
            raise NotYet(
                f"`{call}` gave {described(answer)}",
                'the text "a" or "b", in small letters',
                "look at what your function returns, in each of its branches",
            )


def demand_share(share: float, count: int, saw: str) -> None:
    """Raise unless a share of a agrees with the planned one, as far as chance allows."""
    if binomtest(round(share * count), count, PLANNED).pvalue >= TOO_FAR:
        return
    if share in (0, 1):
        raise NotYet(saw, "both variants to come up", "is there a draw, and a branch for each?")
    if abs(share - 0.5) < 0.05:
        raise NotYet(saw, "70 % for a", "a is to come up more often: give the draw its weights")
    if abs(share - (1 - PLANNED)) < 0.05:
        raise NotYet(saw, "70 % for a", "a and b are exchanged")
    raise NotYet(saw, "70 % for a, as near as chance allows", "look at your weights, or your limit")


def demand_no_memory(choose: Callable[..., Any]) -> None:
    """Raise if asking for a user who never came makes something grow that the function knows."""
    before = _sizes(choose)
    called(for_each, choose, [str(NEWCOMER + number) for number in range(20)], shown="keep(user)")
    grown = [name for name, size in _sizes(choose).items() if size > before.get(name, 0)]
    if grown:
        raise NotYet(
            f"it remembers: `{grown[0]}` grows with each new user",
            "nothing to be remembered: a second balancer, or this one after a restart, knows none",
            "let the answer follow from the user's name alone",
        )


def _sizes(choose: Callable[..., Any]) -> dict[str, int]:
    if not isinstance(choose, FunctionType):
        return {}
    known: dict[str, Any] = {
        name: choose.__globals__.get(name) for name in choose.__code__.co_names
    }
    cells = zip(choose.__code__.co_freevars, choose.__closure__ or (), strict=True)
    known |= {name: cell.cell_contents for name, cell in cells}
    known |= {f"default {place}": each for place, each in enumerate(choose.__defaults__ or ())}
    for name, each in list(known.items()):  # a function, class or object may carry a table, too
        if not isinstance(each, ModuleType):
            known |= {f"{name}.{part}": one for part, one in getattr(each, "__dict__", {}).items()}
    return {name: len(each) for name, each in known.items() if isinstance(each, dict | set | list)}


def demand_no_salted_hash(choose: Callable[..., Any]) -> None:
    """Raise if a function uses Python's own hash, which is another in each process."""
    if not isinstance(choose, FunctionType) or "hash" not in choose.__code__.co_names:
        return
    if choose.__globals__.get("hash", builtins.hash) is builtins.hash:
        raise NotYet(
            "it uses Python's `hash`, which Python salts anew in each process",
            "the same variant after a restart, and in a second balancer",
            "take a hash that depends on the text alone, from `zlib` or `hashlib`",
        )


def demand_mixing(variants: Sequence[str]) -> None:
    """Raise where a user's last digit, or being early, decides; given in the order of users."""
    ends = {f"whose number ends in {(at + 1) % 10}": variants[at::10] for at in range(10)}
    starts = range(0, len(variants), BLOCK)
    blocks = {f"{at + 1} to {at + BLOCK}": variants[at : at + BLOCK] for at in starts}
    for who, some in (ends | blocks).items():
        if len(set(some)) == 1 and len(set(variants)) > 1:
            raise NotYet(
                f"all {len(some)} users {who} have {some[0]}",
                "users of every kind in both variants: numbers are given out by time or by place, "
                "so that such groups are not alike",
                "mix the number first: hash the text, then divide",
            )
