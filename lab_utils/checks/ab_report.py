"""A report in a student's own words, held against the result it reports.

Not its style is judged: whether it says what a reader needs to disagree, and claims nothing that
the numbers cannot carry.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lab_utils.checks.answers import NotYet, text
from lab_utils.experiment import Result

FEWEST_WORDS = 15

NEAR = 0.6
"""Points by which a number may be rounded: 28.1 as well as 28."""


@dataclass(frozen=True)
class Claim:
    """What no result of a test can carry."""

    pattern: str
    saw: str
    expected: str
    next_step: str


CLAIMS = (
    Claim(
        r"(probability|chance|likelihood|odds) (that|of) (h_?0|the null|there (is|being) no|no |"
        r"(variant |recommender )?[ab]\b|both|they|the (two|variants|recommenders))",
        "it gives a hypothesis a probability",
        "how rare such data is if both were equally good; a p-value knows nothing more",
        "begin with: if both were equally good, …",
    ),
    Claim(
        r"(\d ?%|\d percent) (sure|certain|confident|likely|probab|chance)"
        r"|\b(we|i|one|you) (am|are|is|can be) (\w+ ){0,2}(sure|certain|confident)"
        r"|(probability|chance) (that|of) the true",
        "it says how sure one may be of the true difference",
        "the interval itself: the true differences that this data fits",
        "give both ends, and leave out how sure you are",
    ),
    Claim(
        r"\b(prove[sdn]?|proof|proving|beyond (any |all )?doubt|guarantee[sd]?)\b",
        "it calls the matter proven",
        "what was seen, and how far it can be off",
        "say what the test showed, with its interval",
    ),
    Claim(
        r"\b(all|every|each|any) (users?|visitors?|person|people|customers?)\b.{0,30}"
        r"\b(worse|better|prefer|like|dislike)",
        "it speaks of every visitor",
        "a sentence about two groups: nobody met both variants",
        "compare the rates of the groups",
    ),
)


@dataclass(frozen=True)
class Report:
    """The text, in a form that can be searched."""

    words: str

    @classmethod
    def of(cls, said: str) -> Report:
        """Small letters, one kind of minus and apostrophe, thousands without a comma."""
        plain = (
            said.lower()
            .replace("\N{MINUS SIGN}", "-")
            .replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        )
        plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", plain)
        return cls(" ".join(plain.split()))

    def has(self, pattern: str) -> bool:
        """Whether the pattern is anywhere in it."""
        return re.search(pattern, self.words) is not None

    def number_near(self, value: float, what_follows: str = "") -> bool:
        """Whether a number of about this size is in it, whatever its sign."""
        seen = re.findall(rf"(\d+(?:\.\d+)?){what_follows}", self.words)
        return any(abs(float(each) - abs(value)) <= NEAR for each in seen)


def read(answer: object, result: Result) -> str:
    """What a defensible report has to have, in the order in which a reader misses it.

    Raises:
        NotYet: something is missing, or claimed without ground.
    """
    said = text(answer)
    if len(said.split()) < FEWEST_WORDS:
        raise NotYet(
            f"{len(said.split())} words",
            "two to four whole sentences, for somebody who was not there",
            "begin with whom you compared, and on what",
        )
    report = Report.of(said)
    for claim in CLAIMS:
        if report.has(claim.pattern):
            raise NotYet(claim.saw, claim.expected, claim.next_step)
    for look in (_metric, _size, _interval, _users, _decision):
        look(report, result)
    return (
        "the users, the rates or their difference, its interval and a decision, and no claim "
        "beyond them. Whom it holds for, and whom not, makes it better still"
    )


def _metric(report: Report, _result: Result) -> None:
    if not report.has(r"outcome|success|hit|lik(e|ed|ing)|4 stars|four stars|favou?rite"):
        raise NotYet(
            "no word on what was measured",
            "the metric that decides, by its name or in words",
            "say what counted as a success",
        )


def _size(report: Report, result: Result) -> None:
    points = 100 * result.primary.comparison.difference
    relative = 100 * result.primary.comparison.relative_difference
    if report.number_near(points, r" ?(?:%|percent\b)"):
        raise NotYet(
            "a difference of two rates in %",
            "its unit: % of what? Rates differ by points; a relative change is another number",
            "write points behind the difference",
        )
    if report.number_near(points):
        return
    if report.number_near(relative):
        raise NotYet(
            "a relative change alone, which looks large wherever the base is small",
            "the absolute difference, in points",
            "subtract one rate from the other",
        )
    raise NotYet(
        "no size of the difference, or another one than this result has",
        "how far the two rates are apart, in points",
        "read it off `result.table`: `difference`",
    )


def _interval(report: Report, result: Result) -> None:
    low, high = result.primary.comparison.interval
    if not (report.number_near(100 * low) and report.number_near(100 * high)):
        raise NotYet(
            "a difference without both ends of its interval",
            "which other differences this data fits as well",
            "add `ci_low` and `ci_high` of `result.table`, in points",
        )


def _users(report: Report, result: Result) -> None:
    seen = result.primary.comparison
    groups = (seen.n_control, seen.n_treatment)
    total = sum(groups)
    named = "|".join(map(str, (*groups, total)))
    if report.has(rf"\b({named}) (requests|visits|ratings|films)\b"):
        raise NotYet(
            "requests, where people were dealt to the variants",
            "the unit that the intervals were computed with",
            "call them what `result.table` has under `unit`",
        )
    if not (report.has(rf"\b{total}\b") or all(report.has(rf"\b{n}\b") for n in groups)):
        raise NotYet(
            "no number of users",
            "how much stands behind the interval: all users, or those of each variant",
            "add `n_control` and `n_treatment` of `result.table`",
        )


NOT = r"(\bnot\b|n't|\bno\b|\bnever\b|\bneither\b)\W+(\w+\W+){0,3}?"
SHIPS = r"\b(ship|launch|releas|replac|switch|roll|deploy|adopt)"
STAYS = r"\b(keep|stay|remain)\w*\W+(\w+\W+){0,3}?(a\b|control|current)"


def _decision(report: Report, result: Result) -> None:
    verdict = result.decision().verdict
    stays = report.has(NOT + SHIPS) or report.has(STAYS)
    ships = report.has(SHIPS) and not stays
    waits = report.has(r"\b(more (users|visitors|data)|collect|repeat|run (it )?again|mend|broken)")
    wanted: dict[str, Callable[[], bool]] = {
        "ship": lambda: ships,
        "don't ship": lambda: stays,
        "keep collecting": lambda: waits,
        "broken": lambda: waits,
    }
    if wanted[verdict]():
        return
    if not (stays or ships or waits):
        raise NotYet(
            "numbers, and nobody knows what to do now",
            "a decision: what should happen to the challenger?",
            "end with what you would do on Monday",
        )
    raise NotYet(
        "a decision that these numbers do not carry",
        "the one that follows from the rule that was fixed before the data",
        "hold the interval against 0 once more: on which side does all of it lie?",
    )
