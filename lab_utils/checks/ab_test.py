"""Notebook 05: an A/B test planned, read, decided and written up."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lab_utils.checks.ab_report import read
from lab_utils.checks.ab_slips import (
    BASELINE,
    RISE,
    SHARE,
    VISITORS,
    first_that_fits,
    of_rises,
    of_sizes,
    rise,
    size,
)
from lab_utils.checks.answers import NotYet, number, one_of, some_of
from lab_utils.checks.exercise import exercise
from lab_utils.experiment import Result

NEAR = 0.08
"""Points by which an answer may be rounded."""


@exercise(
    "05.1",
    "What is one case?",
    hint="Ask what was dealt to a variant at random. Whatever lies inside of it moves together.",
    answer=(
        '`"user"`. The balancer deals users to variants, so users are what is independent. '
        "Requests of one user resemble each other, and films come ten at a time."
    ),
)
def unit(answer: object) -> str:
    """Which column's values are independent of each other."""
    said = one_of(answer, ("user", "request", "film", "variant", "day"))
    expected = "what the balancer deals to a variant by itself, independent of all others"
    if said in _NO_UNIT:
        saw, next_step = _NO_UNIT[said]
        raise NotYet(saw, f"{expected}; {_TELLS[said]}", next_step)
    return "users are dealt to variants, each by a hash of their own; so each user is one case"


_NO_UNIT: Mapping[str, tuple[str, str]] = {
    "request": (
        "requests: someone who comes eight times would count eight times",
        "ask whether a second request of the same person could have got the other variant",
    ),
    "film": (
        "films: the ten of one answer came together, from the same model for the same person",
        "ask how many decisions of the balancer stand behind ten films",
    ),
    "variant": (
        "variants: then there would be two cases, and nothing to estimate any spread from",
        "look one level down: what is dealt to a variant?",
    ),
    "day": (
        "days: both variants serve on every day, so a day is in no variant",
        "take what belongs to exactly one variant",
    ),
}
_TELLS: Mapping[str, str] = {
    "request": "these belong to somebody who keeps their variant",
    "film": "these are parts of one answer",
    "variant": "this is what is dealt out, not whom it is dealt to",
    "day": "this is when it happens",
}


@exercise(
    "05.2",
    "How many users for 5 points?",
    hint=(
        "`users_for_proportions` takes both rates; `share_treatment` is the part of the "
        "challenger; what it returns has a `total`."
    ),
    answer=(
        f"`users_for_proportions({BASELINE}, {BASELINE + RISE}, share_treatment={SHARE}).total`: "
        f"{size().total:,.1f}, so {math.ceil(size().total):,} users. Other conventions give "
        f"{size(convention='baseline').total:,.0f} and {size(convention='arcsine').total:,.0f}: "
        "name yours."
    ),
)
def sample_size(answer: object) -> str:
    """Users of both variants together."""
    n = number(answer, "users")
    if n == int(size().total):
        raise NotYet(
            f"{n:,.0f} users, a little below what the formula gives",
            "enough users, not nearly enough",
            "round up: the part of a user behind the point is needed, too",
        )
    for convention in ("pooled", "baseline", "arcsine"):
        found = size(convention=convention)
        if found.total - 0.1 <= n <= sum(found.whole):
            return (
                f"{n:,.1f} users of both variants, by the convention called {convention}: over "
                f"five times our {VISITORS} visitors"
            )
    slip = first_that_fits(of_sizes(), n, 0.001, "users")
    raise slip or NotYet(
        f"{n:,.0f} users: {'too few' if n < size().total else 'more than needed'}",
        "the users of both variants for 44.86 % against 49.86 %, two-sided, power 80 %",
        "let `users_for_proportions` find it: its first two arguments are the two rates",
    )


@exercise(
    "05.3",
    "What can 671 visitors show?",
    hint=(
        "`detectable_proportion` takes the baseline and the users of each variant, and returns "
        "a rate. The effect is how far it lies above the baseline, in points."
    ),
    answer=(
        f"`100 * (detectable_proportion({BASELINE}, 0.7 * {VISITORS}, 0.3 * {VISITORS}) - "
        f"{BASELINE})`: {rise():.1f} points."
    ),
)
def detectable(answer: object) -> str:
    """The smallest rise, in points, that is seen with a power of 80 %."""
    points = number(answer, "percentage points")
    if abs(points - rise()) <= NEAR:
        return f"{points:.1f} points: this test sees large differences, and is blind to small ones"
    slip = first_that_fits(of_rises(), points, NEAR / rise(), "points")
    raise slip or NotYet(
        f"{points:,g} points",
        f"the rise above {100 * BASELINE:.2f} % that {VISITORS} visitors at 70 to 30 show with a "
        "power of 80 %",
        "call `detectable_proportion` with the baseline and the users of each variant",
    )


READINGS: Mapping[str, tuple[str, str, str]] = {
    "A": (
        "A reads the p-value as how probable it is that the two are equally good",
        "a sentence that starts from equally good variants and says how rare the data is",
        "ask of A: where in the calculation did equality get a probability?",
    ),
    "C": (
        "C gives the true difference a probability of lying in this one interval",
        "a sentence about what intervals made this way do, of which this is one",
        "ask of C: what was random, the true difference or the interval?",
    ),
    "E": (
        "E takes 1 minus p for the chance that a repeat comes out the same",
        "a sentence about this data; a repeat depends on the true difference, which p knows not",
        "ask of E: what would a repeat's power depend on?",
    ),
    "F": (
        "F speaks of every visitor, and the test compared averages of two groups",
        "a sentence about groups; some visitors may well be better off with the loser",
        "ask of F: did anybody meet both variants?",
    ),
}


@exercise(
    "05.4",
    "Which sentences hold?",
    hint="Two of the six hold. Each says what would happen over many tests, of which this is one.",
    answer=(
        "B and D hold. A p-value starts from equal variants, so it cannot return how probable they "
        "are (A); the interval is what varies from test to test, the true difference does not (C); "
        "p says nothing of a repeat (E), nor of each single visitor (F)."
    ),
)
def readings(answer: object) -> str:
    """The letters of the sentences that hold."""
    said = some_of(answer, tuple("ABCDEF"))
    for letter in sorted(said & set(READINGS)):
        saw, expected, next_step = READINGS[letter]
        raise NotYet(saw, expected, next_step)
    if not said:
        raise NotYet("no letter", "those that hold, and some do", "read each aloud, slowly")
    if said != {"B", "D"}:
        raise NotYet(
            f"{' and '.join(sorted(said))}, which holds; but another one does, too",
            "every sentence that holds",
            "one is about the p-value, the other about the interval",
        )
    return "both speak of what happens over many tests, and claim nothing that was not computed"


FIGURES: Mapping[str, tuple[str, str, str]] = {
    "rmse": (
        "RMSE, by which the challenger wins, and with visitors it lost",
        "a figure that puts the two into the order that the visitors did",
        "ask what a visitor gets: stars, or a list?",
    ),
    "precision_at_10": (
        "precision, which has the right order, and counts how many films of ten were liked",
        "a figure that counts what the test counts: did the visitor get at least one?",
        "look for the figure whose size, too, is about that of the test",
    ),
    "fit_seconds": (
        "how long training takes: whoever offers this meets no visitor",
        "a figure about what is offered",
        "leave out what only the computer notices",
    ),
    "artefact_mb": (
        "how large the model's file is",
        "a figure about people, not about files",
        "leave out what is measured in megabytes",
    ),
}


@exercise(
    "05.5",
    "Which offline figure told it before?",
    hint="Compare the size of each figure with the two rates of the test, not only the order.",
    answer=(
        "`hit_rate_at_10`: the share of users with a later favourite among the ten films, which is "
        "how a success was defined. It measures the goal; RMSE measures something on the way."
    ),
)
def offline(answer: object) -> str:
    """The column of the offline table that measures what the test measured."""
    said = one_of(
        answer, ("rmse", "precision_at_10", "hit_rate_at_10", "fit_seconds", "artefact_mb")
    )
    if said in FIGURES:
        raise NotYet(*FIGURES[said])
    return "the same question, asked of the past; so it lands within a point or two of the test"


@exercise(
    "05.6",
    "A report that can be defended",
    hint=(
        "Three sentences: what was compared, on how many users, in which unit; the difference in "
        "points with both ends of its interval; what you would do."
    ),
    answer=(
        "Of 671 users, 458 met a and 213 met b. The outcome rate was 16.0 % in b against 44.1 % in "
        "a: 28.1 points lower (95 % interval 34.4 to 21.0 points lower). If both were equally "
        "good, a difference this large would come up in fewer than 1 in 1,000 such tests. p95 "
        "latency and errors stayed within their tolerance. We do not ship b. This holds for eager "
        "raters, replayed once each; it says nothing on how visitors would change over time."
    ),
)
def report(text: object, result: Result) -> str:
    """A short report of this result, in words."""
    return read(text, result)
