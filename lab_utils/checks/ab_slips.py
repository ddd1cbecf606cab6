"""The typical slips of planning an A/B test, each with the numbers that it leads to.

A wrong number says where it comes from: computed here the way a student would have.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lab_utils.checks.answers import NotYet
from lab_utils.experiment import SampleSize, detectable_proportion, users_for_proportions

BASELINE = 0.4486
"""The hit rate of recommender a on past users, known before the test (data/offline.csv)."""

RISE = 0.05
"""The smallest rise that would pay for a switch, in shares: 5 points."""

SHARE = 0.3
"""The challenger's planned part of the users."""

VISITORS = 671

VISITS_OF_A_USER = 8
"""In the colleague's suggestion to count requests."""


@dataclass(frozen=True)
class Slip:
    """One way to go wrong.

    Attributes:
        values: the answers it leads to.
        saw: what such an answer is.
        expected: what it should be instead.
        next_step: one thing to change.
    """

    values: tuple[float, ...]
    saw: str
    expected: str
    next_step: str


def first_that_fits(
    slips: Iterable[Slip], answer: float, within: float, what: str
) -> NotYet | None:
    """What to say to an answer that one of the slips leads to; None where none does.

    Args:
        slips: in the order in which they are looked for.
        answer: the student's.
        within: how far it may be off, as a part of the slip's value.
        what: the answer's unit.
    """
    for slip in slips:
        if any(abs(answer - value) <= within * abs(value) for value in slip.values):
            return NotYet(f"{answer:,g} {what}: {slip.saw}", slip.expected, slip.next_step)
    return None


def size(target: float = BASELINE + RISE, **given: Any) -> SampleSize:
    """Users from the baseline to a rate, split as this test is unless told otherwise."""
    return users_for_proportions(BASELINE, target, **{"share_treatment": SHARE, **given})


def rise(
    control: float = (1 - SHARE) * VISITORS, treatment: float = SHARE * VISITORS, **given: Any
) -> float:
    """The least that so many users show, in points above the baseline; below 0 for a loss."""
    return 100 * (detectable_proportion(BASELINE, control, treatment, **given) - BASELINE)


def of_sizes() -> tuple[Slip, ...]:
    """Wrong numbers of users for a rise of 5 points."""
    whole, even = size(), size(share_treatment=0.5)
    relative = size(BASELINE * (1 + RISE))
    return (
        Slip(
            (relative.total, relative.control, relative.treatment),
            "what 5 % of 44.86 % need, which are 2.2 points",
            "users for 5 points: from 44.86 % to 49.86 %",
            "give the treatment's rate as the baseline plus 0.05, not times 1.05",
        ),
        Slip(
            (size(sides="one-sided").total,),
            "what a one-sided test needs, which cannot report that the challenger is worse",
            "a test that sees a loss as well as a gain",
            "leave `sides` at two-sided",
        ),
        Slip(
            (whole.control, whole.treatment, even.control),
            "users of one variant alone",
            "users of both variants together: all who have to come",
            "add the other variant's: `.total`",
        ),
        Slip(
            (even.total,),
            "what an even split needs",
            "users for the split of this test, 70 to 30, which needs more of them",
            "tell the function the challenger's part: `share_treatment`",
        ),
        Slip(
            tuple(n / VISITS_OF_A_USER for n in (whole.total, whole.control, whole.treatment)),
            "an eighth of what is needed, as if eight requests of a user were eight users",
            "users, for whom requests are no substitute",
            "leave out how often each of them comes",
        ),
        Slip(
            (size(power=0.9).total, size(power=0.95).total),
            "what a higher power needs",
            "users for a power of 80 %",
            "leave `power` as it is",
        ),
    )


def of_rises() -> tuple[Slip, ...]:
    """Wrong answers to which rise 671 visitors show, in points."""
    right = rise()
    return (
        Slip(
            (right / 100,),
            "the rise as a share of 1",
            "the rise in percentage points",
            "multiply it by 100",
        ),
        Slip(
            (BASELINE + right / 100, 100 * BASELINE + right),
            "the rate that would be seen, not how far it lies above the baseline",
            "a difference of two rates",
            "take the baseline away from it",
        ),
        Slip(
            (right / BASELINE, right / BASELINE / 100),
            "a relative rise, in % of the baseline",
            "an absolute one, in points",
            "subtract the baseline, and do not divide by it",
        ),
        Slip(
            (rise(VISITORS / 2, VISITORS / 2),),
            "what an even split shows",
            "what a split of 70 to 30 shows",
            "give 0.7 and 0.3 of the visitors as the two groups",
        ),
        Slip(
            (rise(VISITORS, VISITORS),),
            "what twice our visitors show, 671 in each variant",
            f"groups that add up to {VISITORS}",
            "give each variant its part of the visitors",
        ),
        Slip(
            (rise(sides="one-sided"),),
            "what a one-sided test shows, which cannot report a loss",
            "what a two-sided test shows",
            "leave `sides` as it is",
        ),
        Slip(
            (rise(below=True), -rise(below=True)),
            "the loss that would be seen, which is not as large as the gain",
            "a rise above the baseline",
            "leave `below` out",
        ),
    )
