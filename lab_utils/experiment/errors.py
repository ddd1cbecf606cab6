"""What can be wrong with an experiment's data, each with a name.

An instance says what was found; its class says why it matters and which option lets you go on
knowingly. None of these is about code: each is a fact about the data, and ignoring it would
change the verdict.
"""

from __future__ import annotations

from typing import ClassVar

from lab_utils.errors import LabError


class ExperimentError(LabError):
    """A fact about the data that stands between it and a verdict.

    Args:
        found: what was seen in the data, with counts.
    """

    why: ClassVar[str]
    option: ClassVar[str]
    needs_more_data: ClassVar[bool] = False
    """Whether more visitors would cure it; otherwise something is broken."""

    def __init__(self, found: str) -> None:
        super().__init__(
            "checking the experiment's data", f"{found}\nWhy it matters: {self.why}", self.option
        )
        self.observed = found


class BadArgument(LabError):
    """A formula was given what it is not defined for.

    Args:
        found: the argument and its value.
        next_step: what it may be.
    """

    def __init__(self, found: str, next_step: str) -> None:
        super().__init__("computing a statistic", found, next_step)


class BadPlan(ExperimentError):
    """The experiment's plan contradicts itself."""

    why = "the plan is what the data is held against; it has to be fixed, and whole, before"
    option = (
        'two variants with shares that sum to 1, such as plan={"a": 0.7, "b": 0.3}, one of them '
        'the control; metrics such as primary=Proportion("outcome"), guardrails=[Rate("error")]; '
        'several treatments one by one against the control, on_unknown="exclude", holm over them'
    )


class MissingColumns(ExperimentError):
    """The table lacks a column that the experiment names, or has it twice."""

    why = "without it there is nothing to compare, or nobody to compare"
    option = (
        "name the columns your table has in Experiment(unit=…, primary=…, guardrails=…); who got "
        'what is always read from `variant`: log.rename(columns={"…": "variant"})'
    )


class BadTimestamps(ExperimentError):
    """Times are unreadable, or not all in one zone."""

    why = "which visit came first, and how long the test ran, cannot be known"
    option = (
        "convert once, at the source: pd.to_datetime(log['timestamp'], utc=True); "
        "or drop the column: nothing in this analysis needs it"
    )


class DuplicateRequests(ExperimentError):
    """The same request is in the table twice."""

    why = "a visit counted twice makes the interval narrower than the evidence"
    option = 'on_duplicate="first" keeps the first row of each request'


class EmptyVariant(ExperimentError):
    """A planned variant served nobody."""

    why = "one group alone cannot be compared with anything"
    option = "no option: see why nothing reached it (`./lab status`, `./lab logs`), and run again"


class UnknownVariant(ExperimentError):
    """Rows name a variant that the plan does not have."""

    why = "users who should have been in the plan's variants went somewhere else"
    option = 'on_unknown="exclude" leaves these rows out; or put the variant into the plan'


class MixedAssignment(ExperimentError):
    """A user was served by both variants."""

    why = "what this user did next cannot be credited to one variant"
    option = (
        'on_mixed="exclude" leaves these users out (check again for sample-ratio mismatch); '
        'on_mixed="first" credits them to the variant they met first'
    )


class MissingOutcome(ExperimentError):
    """Answered requests without a reported outcome."""

    why = "if silence is likelier under one variant, leaving the silent out is a bias"
    option = 'on_missing="zero" counts silence as no success; on_missing="exclude" leaves it out'


class BadOutcome(ExperimentError):
    """A value that the metric is not defined for: none of 0 and 1 for a proportion, text."""

    why = (
        "a share of successes needs each visit to be a success (1) or not (0), and every other "
        "metric finite numbers"
    )
    option = (
        "decide before what counts as a success, and what as no number; for amounts use Ratio "
        "instead of Proportion"
    )


class BadCovariate(ExperimentError):
    """A covariate that is not one known number per user from before the test."""

    why = (
        "what is taken out of the outcome must not be moved by the treatment; a value that "
        "changes from visit to visit, or is missing for some, is no such thing"
    )
    option = "give each user one value from before the test, 0 for users without a past"


class SampleRatioMismatch(ExperimentError):
    """The users seen do not fit the split that was planned."""

    why = (
        "who ended up in which variant was not left to chance, so the groups differ in more "
        "than the variant; no formula repairs that"
    )
    option = (
        "find the cause first: a variant that loses users, a changed weight, bots, a log cut "
        'short; on_srm="warn" shows the numbers, with the verdict "broken"'
    )


class UnitMismatch(ExperimentError):
    """Rows are to be analysed as if independent, but belong to the same users."""

    why = (
        "visits of one user resemble each other; counting them as independent makes the "
        "interval too narrow and false alarms several times likelier than planned"
    )
    option = 'unit="user_id"; or on_unit="warn" to see how wrong it gets'


class TooFewUnits(ExperimentError):
    """Fewer users in a variant than the formulas need."""

    why = "intervals and p-values here are approximations that need about 30 users a variant"
    option = 'send more visitors; or on_few="warn" to look at the numbers without trusting them'
    needs_more_data = True


class TooFewForQuantile(ExperimentError):
    """Too few users for an interval around a quantile this far out."""

    why = (
        "with this few users the interval's outer end would lie beyond the largest value seen: "
        "it would have to be invented"
    )
    option = "send more visitors, ask for a quantile nearer the middle, or drop this guardrail"
    needs_more_data = True


class NoVariation(ExperimentError):
    """Every user has the same outcome."""

    why = "nothing that never varies can tell two variants apart; often the outcome is not wired"
    option = "no option: look at how the outcome is reported, or choose a metric that can move"


class Outage(ExperimentError):
    """A variant failed, or was answered for by another one, too often to be judged."""

    why = (
        "what is compared then is a server that is up with one that is down, and that says nothing "
        "about what either variant is worth to its users"
    )
    option = (
        "mend what was down (the report and `./lab logs` name it), and run the test again; "
        'on_outage="warn" goes on'
    )
