from functools import cache, partial

import numpy as np
import pandas as pd
from balancer.strategies import canary, sticky

from lab_utils.checks import fooling_yourself as check
from lab_utils.checks.rates import difference, difference_without_the_slow, weighted_difference
from lab_utils.experiment import design_effect, worlds
from tests.lab_utils.checks.cases import Case, Try

HALVES = partial(sticky, {"a": 50, "b": 50}, "fooling")


@cache
def repeat_visits():
    return worlds.REPEAT_VISITS.log(HALVES, seed=118)


@cache
def everything():
    return worlds.LEAKING.visits(HALVES, seed=1)


@cache
def ramping_up():
    careful = partial(sticky, canary({"a": 50, "b": 50}, "b", 5), "fooling")
    log = worlds.RAMPING_UP.log({0: careful, 7: HALVES}, seed=1)
    second = log["timestamp"] >= pd.Timestamp("2026-03-08", tz="UTC")
    return log.assign(week=np.where(second, "second", "first"))


VISITS = repeat_visits()["user_id"].value_counts()
CV = VISITS.std() / VISITS.mean()
FACTOR = design_effect(VISITS.mean(), 0.1, CV)
SEEN = difference(everything()[~everything()["lost"]])
WEEKS = [difference(week) for _, week in ramping_up().groupby("week")]


def lost(answer, says):
    return Try((answer, everything()), says)


def ramp(answer, says):
    return Try((answer, ramping_up()), says)


def worth(answer, says):
    return Try((answer, repeat_visits()), says)


CASES = [
    Case(
        check.effective_visits,
        right=(
            worth(VISITS.sum() / FACTOR, "repeats what the same users said before"),
            worth(6_700, "6,700 of 16,987"),
        ),
        wrong=(
            worth(VISITS.sum(), "all visits there are"),
            worth(len(VISITS), "as many as there are users"),
            worth(FACTOR, "which is a factor"),
            worth(VISITS.sum() * FACTOR, "more than the 16,987"),
            worth(VISITS.sum() / design_effect(VISITS.mean(), 0.1), "as if everyone came equally"),
            worth(4_000, "found by the design effect"),
            worth("many", "one number of visits"),
            Try((6_700, "log"), "str where the log belongs"),
        ),
        secret=r"6,7\d\d\b(?! users)",
    ),
    Case(
        check.five_looks,
        right=(Try((0.142,), "14.2%"), Try((0.135,), "nearly three times")),
        wrong=(
            Try((0.05,), "the rate of one look"),
            Try((0.25,), "were counted twice"),
            Try((1 - 0.95**5,), "which is 1 - 0.95⁵"),
            Try((0.95**5,), "not of quiet tests"),
            Try((0.09,), "hold |z| at each look against 1.96"),
            Try((14.2,), "that reads like a percentage"),
        ),
        secret=r"14\.2 ?%|0\.142",
    ),
    Case(
        check.broken_splits,
        right=(Try(({"films", "maps"},), "no fair coin"), Try((["maps", "films"],), "films")),
        wrong=(
            Try((set(),), "two of the five"),
            Try(({"films", "maps", "games"},), "held against their own plan"),
            Try(({"films", "news"},), "is what a coin does"),
            Try(({"radio", "maps"},), "one fair experiment in twenty"),
            Try(({"maps"},), "do not judge by percent"),
            Try(({"films"},), "count the zeros"),
            Try(("films",), "several texts between braces"),
        ),
        secret=r"films\W+maps",
    ),
    Case(
        check.effect_with_the_lost,
        right=(lost(difference(everything()), "the verdict turns round"), lost(-0.0147, "-1.5")),
        wrong=(
            lost(SEEN, "the difference among lines of the log"),
            lost(-difference(everything()), "the sign says who gains"),
            lost(100 * difference(everything()), "do not times 100"),
            lost(difference_without_the_slow(everything()), "a's slow visitors dropped"),
            lost(-0.004, "if nobody had to wait"),
            lost(0.05, "the mean `outcome` of all visits"),
        ),
        secret=r"-0\.0147|-1\.5\b",
    ),
    Case(
        check.ramp_effect,
        right=(
            ramp(weighted_difference(ramping_up(), "week", equal=True), "weeks by their users"),
            ramp(weighted_difference(ramping_up(), "week"), "weeks by what they can tell"),
            ramp(weighted_difference(ramping_up(), "device"), "devices are what drifted"),
            ramp(WEEKS[1], "the second week alone"),
        ),
        wrong=(
            ramp(difference(ramping_up()), "all visits of b against all of a"),
            ramp(WEEKS[0], "the first week alone"),
            ramp(1.5, "no ratio or number of points"),
            ramp(-0.005, "look at the sign"),
            ramp(0.03, "something between the two weeks"),
        ),
        secret=r"\+?0\.015\b",
    ),
    Case(
        check.bandits,
        right=(Try(({"headline", "banner"},), "to earn while it lasts"),),
        wrong=(
            Try((set(),), "cannot wait for a test"),
            Try(({"headline", "banner", "subscribers"},), "for 30 days"),
            Try(({"headline", "checkout"},), "the size of the loss is the question"),
            Try(({"banner", "menu"},), "effects that stay as they are"),
            Try(({"banner"},), "one more of the same kind"),
            Try(({"shop"},), "one of "),
        ),
        secret=r"\{.?headline.?, .?banner.?\}",
    ),
]
