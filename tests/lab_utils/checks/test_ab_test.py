"""The exercises of notebook 05: what is right, and what is typically wrong."""

import numpy as np
import pandas as pd

from lab_utils.checks import ab_test as check
from lab_utils.checks.ab_slips import rise, size
from lab_utils.experiment import Experiment, Proportion
from tests.lab_utils.checks.cases import Case, Try


def result(successes=(202, 34), users=(458, 213)):
    """A result with the very counts of a run."""
    groups = [
        pd.DataFrame({"variant": name, "outcome": (np.arange(n) < won).astype(float)})
        for name, n, won in zip("ab", users, successes, strict=True)
    ]
    log = pd.concat(groups, ignore_index=True)
    log["user_id"] = log.index.astype(str)
    plan = Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=Proportion("outcome"))
    return plan.analyze(log)


LOST = result()
GOOD = (
    "Of 671 users, 458 met a and 213 met b. The outcome rate was 16.0 % in b against 44.1 % in a, "
    "28.1 points lower (95 % interval 34.4 to 21.0 points lower). We do not ship b."
)
ROUNDED = (
    "We compared b with a on 458 and 213 users. Fewer of them got a film they came to like: the "
    "difference is \N{MINUS SIGN}28 points, and \N{MINUS SIGN}34 to \N{MINUS SIGN}21 fit this "
    "data. If both were equally good, such data would be rare (p < 0.001). Let's keep a."
)


def instead(old, new):
    """The good report, with one thing changed."""
    assert old in GOOD
    return GOOD.replace(old, new)


CASES = [
    Case(
        check.unit,
        right=(Try(("user",), "each by a hash of their own"), Try((" User ",), "one case")),
        wrong=(
            Try(("request",), "eight times would count eight times"),
            Try(("film",), "the ten of one answer came together"),
            Try(("variant",), "two cases"),
            Try(("day",), "both variants serve on every day"),
            Try((1,), "a text, in quotes"),
        ),
        secret=r'`"user"`',
    ),
    Case(
        check.sample_size,
        right=(
            Try((size().total,), "convention called pooled"),
            Try((sum(size().whole),), "over five times our 671 visitors"),
            Try((size(convention="baseline").total,), "convention called baseline"),
            Try((size(convention="arcsine").total,), "convention called arcsine"),
        ),
        wrong=(
            Try((size(0.4486 * 1.05).total,), "5 % of 44.86 %"),
            Try((size(sides="one-sided").total,), "cannot report that the challenger is worse"),
            Try((size().treatment,), "one variant alone"),
            Try((size(share_treatment=0.5).total,), "an even split"),
            Try((size().total / 8,), "as if eight requests of a user were eight users"),
            Try((size(power=0.9).total,), "a higher power"),
            Try((3720,), "a little below"),
            Try((671,), "too few"),
            Try((size(),), "one number"),
        ),
        secret=r"3,?721",
    ),
    Case(
        check.detectable,
        right=(Try((rise(),), "blind to small ones"), Try((11.8,), "11.8 points")),
        wrong=(
            Try((rise() / 100,), "as a share of 1"),
            Try((44.86 + rise(),), "not how far it lies above the baseline"),
            Try((rise() / 0.4486,), "a relative rise"),
            Try((rise(671 / 2, 671 / 2),), "an even split"),
            Try((rise(671, 671),), "671 in each variant"),
            Try((rise(sides="one-sided"),), "cannot report a loss"),
            Try((rise(below=True),), "not as large as the gain"),
            Try((5,), "the rise above 44.86 %"),
        ),
        secret=r"11\.[78]",
    ),
    Case(
        check.readings,
        right=(Try(({"B", "D"},), "over many tests"), Try((["d", "b"],), "over many tests")),
        wrong=(
            Try(({"A", "B", "D"},), "where in the calculation did equality get a probability"),
            Try(({"B", "C"},), "the true difference or the interval"),
            Try(({"D", "E"},), "1 minus p"),
            Try(({"B", "F"},), "did anybody meet both"),
            Try(({"B"},), "another one does, too"),
            Try((set(),), "no letter"),
            Try(("BD",), "use braces or brackets"),
        ),
        secret=r"B and D",
    ),
    Case(
        check.offline,
        right=(Try(("hit_rate_at_10",), "within a point or two"),),
        wrong=(
            Try(("rmse",), "by which the challenger wins"),
            Try(("precision_at_10",), "how many films of ten"),
            Try(("fit_seconds",), "meets no visitor"),
            Try(("artefact_mb",), "how large the model's file is"),
        ),
        secret=r"hit_rate_at_10",
    ),
    Case(
        check.report,
        right=(Try((GOOD, LOST), "no claim beyond them"), Try((ROUNDED, LOST), "a decision")),
        wrong=(
            Try(("b is worse.", LOST), "3 words"),
            Try(
                (GOOD + " The probability that b is as good as a is below 0.001.", LOST),
                "it gives a hypothesis a probability",
            ),
            Try((GOOD + " We are 95 % sure of that.", LOST), "how sure one may be"),
            Try((GOOD + " This proves it.", LOST), "calls the matter proven"),
            Try((GOOD + " Every user is worse off with b.", LOST), "speaks of every visitor"),
            Try((instead("outcome rate", "figure"), LOST), "what was measured"),
            Try((instead("28.1 points lower", "64 % lower"), LOST), "relative change alone"),
            Try((instead("28.1 points", "28.1 %"), LOST), "% of what?"),
            Try((instead("28.1 points lower", "much lower"), LOST), "no size of the difference"),
            Try((instead("(95 % interval 34.4 to 21.0 points lower)", ""), LOST), "both ends"),
            Try((instead("671 users", "671 requests"), LOST), "people were dealt"),
            Try(
                (instead("Of 671 users, 458 met a and 213 met b. ", "We compared a and b. "), LOST),
                "no number of users",
            ),
            Try((instead("We do not ship b.", ""), LOST), "nobody knows what to do"),
            Try((instead("We do not ship b.", "Ship b."), LOST), "do not carry"),
        ),
        secret=r"44\.1 % in",
    ),
]


def test_the_baseline_is_what_was_known_of_the_recommender_in_use_before_the_test():
    from lab_utils import ratings
    from lab_utils.checks.ab_slips import BASELINE, SHARE, VISITORS

    figures = ratings.offline_figures().set_index("variant")
    assert figures.loc["a", "hit_rate_at_10"] == BASELINE
    assert len(ratings.liked_films()) == VISITORS
    assert SHARE == 0.3


def test_every_figure_of_the_offline_table_can_be_answered():
    from lab_utils import ratings

    columns = set(ratings.offline_figures().columns) - {"variant"}
    assert columns == {*check.FIGURES, "hit_rate_at_10"}


def test_our_own_report_passes():
    assert check.report(check.report.answer, LOST).is_right


def test_a_result_that_cannot_tell_wants_another_decision():
    unclear = result(successes=(202, 96))
    said = (
        "Of 671 users, 458 met a and 213 met b. The outcome rate was 45.1 % in b against 44.1 %, "
        "1.0 points higher (95 % interval \N{MINUS SIGN}7.0 to 9.1 points). "
    )
    assert not check.report(said + "We ship b.", unclear).is_right
    assert check.report(said + "We cannot tell: more users are needed.", unclear).is_right
