"""Notebook 06: ways to fool yourself, and what to do instead."""

from __future__ import annotations

import pandas as pd

from lab_utils.checks.answers import number, probability, some_of
from lab_utils.checks.exercise import NotYet, exercise
from lab_utils.checks.rates import difference, difference_without_the_slow, weighted_difference
from lab_utils.experiment import design_effect, intraclass_correlation, peeking_rate

LOOKS = 5
SPLITS = {
    "news": ((5_021, 4_979), (0.5, 0.5)),
    "films": ((503_500, 496_500), (0.5, 0.5)),
    "radio": ((280, 220), (0.5, 0.5)),
    "games": ((6_930, 3_070), (0.7, 0.3)),
    "maps": ((5_190, 4_810), (0.5, 0.5)),
}
"""Users seen in a and b, and the shares planned; two of them are broken."""

SITUATIONS = {
    "headline": "which of eight headlines to put on tonight's front page; clicks come in minutes",
    "subscribers": "whether the new recommender keeps subscribers; known after 30 days",
    "checkout": "whether the new payment page loses at most 0.1 points of payments",
    "banner": "which of twelve banners to show in a sale that lasts three days",
    "menu": "whether to rearrange the menu that regular users know by heart",
}
"""What is to be decided."""


@exercise(
    "06.1",
    "How many independent visits are these visits worth?",
    hint=(
        "`design_effect` takes mean visits per user, the intraclass correlation (this world has "
        "0.1) and `cv`, the standard deviation of visits per user divided by their mean. What is "
        "done with the factor that it returns?"
    ),
    answer=(
        "About 6,760. `visits = log['user_id'].value_counts()` has a mean of 8.5 and a cv of "
        "0.95, so `design_effect(8.5, 0.1, 0.95)` is 2.5, and 16,987 divided by that is about "
        "6,760: less than half of what was counted, more than three times the users."
    ),
)
def effective_visits(answer: object, log: object) -> str:
    """Visits divided by the design effect."""
    given, rows = number(answer, "visits"), _table(log)
    counts = rows["user_id"].value_counts()
    n, users, mean = len(rows), len(counts), float(counts.mean())
    seen = float(intraclass_correlation(rows["outcome"], rows["user_id"]))
    cv = float(counts.std() / mean)
    worth = sorted(n / design_effect(mean, icc, cv) for icc in (0.1, seen))
    if worth[0] * 0.97 <= given <= worth[1] * 1.03:
        return f"{given:,.0f} of {n:,} visits: the rest repeats what the same users said before"
    said = f"{given:,.4g}"
    if _near(given, n):
        raise NotYet(
            f"{said}, all visits there are",
            "fewer: a user's second visit partly repeats the first",
            "divide the visits by the design effect",
        )
    if _near(given, users):
        raise NotYet(
            f"{said}, as many as there are users",
            "more: a second visit would have to say nothing new at all",
            "use the correlation of this world, 0.1, and not 1",
        )
    if 1 <= given < 5:
        raise NotYet(
            f"{said}, which is a factor",
            "a number of visits",
            "divide the number of visits by this factor",
        )
    if given > n:
        raise NotYet(
            f"{said}, more than the {n:,} that were counted",
            "fewer than were counted",
            "divide by the design effect instead of multiplying",
        )
    if _near(given, n / design_effect(mean, 0.1), 0.03):
        raise NotYet(
            f"{said}, as if everyone came equally often",
            "a number that allows for some users coming far more often than others",
            "give `design_effect` its third argument, `cv`",
        )
    raise NotYet(
        said,
        f"a number between the {users:,} users and the {n:,} visits, found by the design effect",
        "print its three arguments: mean visits per user, 0.1, and their cv",
    )


@exercise(
    "06.2",
    "How often does an A/A test alarm if it is looked at five times?",
    hint=(
        "Count it: `replicate(worlds.ONE_VISIT, looks=5)`, then `ever_crossed` and `frequency`. Or "
        "compute it: one function of `lab_utils.experiment` has peeking in its name."
    ),
    answer=(
        "14.2 %: `peeking_rate(5)` is 0.142 (Armitage, McPherson & Rowe 1969). Each look holds all "
        "the data of the look before, so a test that was quiet tends to stay quiet: it is less "
        "than the 22.6 % that five independent tests would have."
    ),
)
def five_looks(answer: object) -> str:
    """Armitage, McPherson and Rowe's figure, or a count of it."""
    given, right = probability(answer), peeking_rate(LOOKS)
    if abs(given - right) <= 0.025:
        return f"{given:.1%}, nearly three times the 5 % that one look has"
    said = f"{given:.1%}"
    if _near(given, 0.05):
        raise NotYet(
            said,
            "more: that is the rate of one look, and five give chance five opportunities",
            "let the experiment be looked at five times, in `replicate(..., looks=5)`",
        )
    if _near(given, 0.25):
        raise NotYet(
            said,
            "less: alarms at two looks of the same test were counted twice",
            "count tests with an alarm at any look, not alarms",
        )
    if _near(given, 1 - 0.95**LOOKS, 0.01):
        raise NotYet(
            f"{said}, which is 1 - 0.95⁵",
            "less: that holds for five tests that share no data, and each look holds the data of "
            "the look before",
            "count it, with `replicate` and `ever_crossed`",
        )
    if _near(given, 0.95**LOOKS, 0.01):
        raise NotYet(
            f"{said}, which is 0.95⁵",
            "the rate of alarms, not of quiet tests (and looks that share data do not multiply)",
            "count it, with `replicate` and `ever_crossed`",
        )
    raise NotYet(
        said,
        "a rate between that of one look and that of five independent ones",
        "hold |z| at each look against 1.96, and count the tests in which any look exceeds it",
    )


@exercise(
    "06.3",
    "Which of these splits should stop you?",
    hint=(
        "Do not judge by eye: `sample_ratio([5021, 4979], [0.5, 0.5]).p_value`, with the shares "
        "that were planned, and the threshold that suits a check made on every experiment: 0.001."
    ),
    answer=(
        '{"films", "maps"}. films is only 0.35 points off, of a million users: p is about 3 in '
        "a million million. maps: p = 0.00014. radio is 6 points off, of only 500 users: "
        "p = 0.007, which a check made on every experiment meets too often to stop for. games "
        "fits its plan of 70/30 (p = 0.13), news fits its own as well (p = 0.67)."
    ),
)
def broken_splits(answer: object) -> str:
    """The splits whose chi-square p-value is below 0.001."""
    given = some_of(answer, SPLITS)
    said = ", ".join(sorted(given)) or "none"
    if given == {"films", "maps"}:
        return f"{said}: no fair coin falls like that once in a thousand experiments"
    if not given:
        raise NotYet(said, "two of the five", "compute the p-value of each, by `sample_ratio`")
    if "games" in given:
        raise NotYet(
            said,
            "splits held against their own plan: 70/30 was planned for games",
            "give `sample_ratio` the planned shares as its second argument",
        )
    if "news" in given:
        raise NotYet(
            said,
            "only splits that chance does not explain: 21 users off in 10,000 is what a coin does",
            "compute the p-value of each, by `sample_ratio`",
        )
    if "radio" in given:
        raise NotYet(
            said,
            "the threshold of a check that runs on every experiment: at 5 % one fair experiment "
            "in twenty would be thrown away",
            "hold the p-values against 0.001, not 0.05",
        )
    missing = ({"films", "maps"} - given).pop()
    raise NotYet(
        said,
        "one more: how far is too far depends on how many users there are",
        "do not judge by percent: compute all five p-values"
        if missing == "films"
        else "compute all five p-values, and count the zeros behind the point",
    )


@exercise(
    "06.4",
    "What did b do to all users who were assigned to it?",
    hint=(
        "`everything` has a row for each visit, with outcome 0 for visitors who left. The rates of "
        "all users assigned to a and to b are one `groupby` away."
    ),
    answer=(
        "`rate = everything.groupby('variant')['outcome'].mean()`, then `rate['b'] - rate['a']`: "
        "-0.0147, a loss of 1.5 points. Everyone who was assigned counts, in the variant they were "
        "assigned to, whatever happened to them there (intention to treat)."
    ),
)
def effect_with_the_lost(answer: object, everything: object) -> str:
    """Everybody who was assigned, with those who left as no success."""
    given, visits = number(answer), _table(everything)
    whole, logged = difference(visits), difference(visits[~visits["lost"]])
    if _near_points(given, whole):
        return f"{100 * given:+.1f} points: who was driven away counts, and the verdict turns round"
    said = f"{given:+.4g}"
    if _near_points(given, logged):
        raise NotYet(
            f"{said}, the difference among lines of the log",
            "a comparison of all who were assigned; those missing here are no random sample",
            "use `everything`, not the log; giving the log other weights does not bring them back",
        )
    if _near_points(given, -whole):
        raise NotYet(
            said,
            "treatment minus control: the sign says who gains",
            "subtract the rate of a from the rate of b",
        )
    if abs(given) > 0.3:
        raise NotYet(
            said, "a difference of two shares, far below 1", "leave it a share: do not times 100"
        )
    if _near_points(given, difference_without_the_slow(visits)):
        raise NotYet(
            f"{said}, with a's slow visitors dropped as well",
            "the whole effect: driving visitors away is part of what b does to them",
            "drop nobody; count who left as no success",
        )
    chance = float((visits["chance_b"] - visits["chance_a"]).mean())
    if _near_points(given, chance):
        raise NotYet(
            f"{said}, what b would do if nobody had to wait",
            "what happened: waiting belongs to b",
            "take `outcome`, which is 0 for visitors who left",
        )
    raise NotYet(
        said,
        "the mean `outcome` of all visits assigned to b, minus that of all assigned to a",
        "`everything.groupby('variant')` is a start",
    )


@exercise(
    "06.5",
    "What is the effect of b in this ramp-up?",
    hint=(
        "In which part of the log did a coin of one kind decide for everyone? Compare there, then "
        "put the parts together, each with its weight."
    ),
    answer=(
        "About +0.015: compare b with a within each week, in which one split held, and average. "
        "The weeks by their users give (0.013 + 0.017) / 2 = 0.015; weighted by "
        "n_a n_b / (n_a + n_b), which trusts the second week more, they give 0.016. The second "
        "week alone (0.017) is fair too, and what many companies use: the ramp-up is for safety, "
        "and the measuring begins after it."
    ),
)
def ramp_effect(answer: object, log: object) -> str:
    """Any fair way to compare within parts that had one split."""
    given, rows = number(answer), _table(log)
    weeks = rows.groupby("week")[list(rows.columns)]
    parts = pd.Series({name: difference(week) for name, week in weeks})
    pooled = difference(rows)
    first, second = parts.iloc[0], parts.iloc[-1]
    fair = {
        "weeks by their users": weighted_difference(rows, "week", equal=True),
        "weeks by what they can tell": weighted_difference(rows, "week"),
        "devices by their users": weighted_difference(rows, "device", equal=True),
        "devices by what they can tell": weighted_difference(rows, "device"),
        "the second week alone": second,
    }
    near = min(fair, key=lambda name: abs(given - fair[name]))
    if _near_points(given, fair[near], 0.0004):
        more = "; right here, as devices are what drifted" if near.startswith("dev") else ""
        return f"{100 * given:+.2f} points: {near}{more}"
    said = f"{given:+.4g}"
    if _near_points(given, pooled):
        raise NotYet(
            f"{said}, all visits of b against all of a",
            "a comparison of like with like: nearly all of b came when phones did",
            "compare within each week first",
        )
    if _near_points(given, first, 0.0004):
        raise NotYet(
            f"{said}, the first week alone",
            "an estimate from more than the 5 % of users that b had then",
            "put the second week beside it",
        )
    if abs(given) > 0.3:
        what = "a difference of shares, far below 1, and no ratio or number of points"
        raise NotYet(said, what, "subtract the rates of a from those of b, within weeks")
    if given < 0:
        raise NotYet(
            said,
            "an estimate of what b does to a user: it is better in either week",
            "look at the sign of each week's difference, treatment minus control",
        )
    raise NotYet(
        said,
        f"something between the two weeks' differences, {first:+.4f} and {second:+.4f}",
        "average the two, weighted by the users of each week",
    )


@exercise(
    "06.6",
    "Where would you let a bandit decide?",
    hint=(
        "A bandit needs outcomes that come soon and effects that do not change, and leaves an "
        "estimate that is biased. Where is none of this in the way?"
    ),
    answer=(
        '{"headline", "banner"}: many candidates, quick outcomes, and nobody needs to know next '
        "month by how much the best one won. subscribers: nothing is known for 30 days, so there "
        "is nothing to learn from. checkout: the question is how large the loss is at most, which "
        "takes an honest interval. menu: habit and novelty change the effect while it learns."
    ),
)
def bandits(answer: object) -> str:
    """Those with quick outcomes, where earning matters and estimating does not."""
    given = some_of(answer, SITUATIONS)
    said = ", ".join(sorted(given)) or "none"
    if given == {"headline", "banner"}:
        return f"{said}: to earn while it lasts, not to know"
    if not given:
        raise NotYet(
            said,
            "at least one: what is gone in three days cannot wait for a test to end",
            "look for decisions whose outcomes come within minutes",
        )
    if "subscribers" in given:
        raise NotYet(
            said,
            "outcomes that come before the next choice: for 30 days this one could learn nothing",
            "look again at when each outcome is known",
        )
    if "checkout" in given:
        raise NotYet(
            said,
            "decisions that need no honest estimate: here the size of the loss is the question",
            "think of what a bandit's log says of the variant it gave up",
        )
    if "menu" in given:
        raise NotYet(
            said,
            "effects that stay as they are while the bandit learns",
            "think of what regular users do in the first days, and later",
        )
    raise NotYet(
        said, "one more of the same kind", "look for another one that is over in a few days"
    )


def _table(log: object) -> pd.DataFrame:
    if not isinstance(log, pd.DataFrame):
        raise NotYet(
            f"{type(log).__name__} where the log belongs",
            "your answer, then the table it is about",
            "call the check as its cell did",
        )
    return log


def _near(given: float, other: float, relative: float = 0.005) -> bool:
    return abs(given - other) <= relative * abs(other)


def _near_points(given: float, other: float, off: float = 0.0008) -> bool:
    return abs(given - other) <= off
