"""What in a log could not be used, in few words: a report is read by people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab_utils.errors import LabError

SHOWN = 5
"""How many line numbers or names a sentence lists before it only counts."""


def in_words(
    unusable: Mapping[str, Sequence[int]],
    unknown_events: Mapping[str, int],
    *,
    duplicate_outcomes: int,
    orphan_outcomes: int,
    contradicting_outcomes: int,
) -> dict[str, int]:
    """Everything that could not be used, with how often; empty for a clean log.

    Args:
        unusable: what is wrong with a line that is no event, with the lines' numbers.
        unknown_events: how often each kind occurred that this reader does not know.
        duplicate_outcomes: outcomes beyond the first of their request.
        orphan_outcomes: outcomes whose request is not in the log.
        contradicting_outcomes: outcomes that name another variant than their request.
    """
    kinds = {f"event of the unknown kind {k[:40]!r}": n for k, n in unknown_events.items()}
    found = {
        **{
            f"line that is {what} ({_where(numbers)})": len(numbers)
            for what, numbers in unusable.items()
        },
        "outcome reported again (the first counts)": duplicate_outcomes,
        "outcome without a request": orphan_outcomes,
        "outcome naming another variant than its request": contradicting_outcomes,
        **most_frequent(kinds, "event of yet another unknown kind"),
    }
    return {what: count for what, count in found.items() if count}


def failure(status: int, variant: str | None) -> str:
    """The name of a failed request: "status 502 from a"."""
    return f"status {status} from {'no variant' if variant is None else variant[:40]}"


def most_frequent(counts: Mapping[str, int], others: str) -> dict[str, int]:
    """The most frequent few, and all the others as one."""
    most = dict(Counter(counts).most_common(SHOWN))
    rest = sum(counts.values()) - sum(most.values())
    return {**most, **({others: rest} if rest else {})}


def no_events(path: Path, found: str) -> LabError:
    """The error for a log with nothing in it."""
    return LabError(
        f"reading the event log {Path(path).name}",
        found,
        "make one with `./lab demo`, which sends visitors through the balancer and leaves the "
        "log in results/<run>/events.jsonl",
    )


def _where(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - SHOWN:,} more" * (len(numbers) > SHOWN)
    return f"line {', '.join(map(str, numbers[:SHOWN]))}{more}"
