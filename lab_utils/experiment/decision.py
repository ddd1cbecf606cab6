"""From numbers to a verdict in plain words.

Four verdicts: *ship*, *don't ship*, *keep collecting*, *broken*. The words never say how
probable it is that the variants are equal: a p-value starts from that assumption and cannot
return its probability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scipy import stats

from lab_utils.experiment import wording
from lab_utils.experiment.checks import Check
from lab_utils.experiment.comparison import Comparison
from lab_utils.experiment.errors import ExperimentError
from lab_utils.experiment.metrics import Metric

Verdict = Literal["ship", "don't ship", "keep collecting", "broken"]

POWER = 0.8
"""The chance of showing a real difference that the advice on more users aims for."""


@dataclass(frozen=True)
class Finding:
    """One metric's comparison, and which way it points."""

    metric: Metric
    comparison: Comparison
    alpha: float

    @property
    def significant(self) -> bool:
        """Whether test and interval both speak against no difference."""
        low, high = self.comparison.interval
        return self.comparison.p_value < self.alpha and (low > 0 or high < 0)

    @property
    def better(self) -> bool:
        """Whether the treatment is shown to be better."""
        return self.significant and (self.comparison.difference > 0) == self.metric.higher_is_better

    @property
    def worse(self) -> bool:
        """Whether the treatment is shown to be worse."""
        return self.significant and not self.better

    @property
    def harmed(self) -> bool:
        """Whether it is shown to be worse by more than the metric's tolerance as a guardrail."""
        low, high = self.comparison.interval
        mildest_harm = -high if self.metric.higher_is_better else low
        return self.worse and mildest_harm > self.metric.tolerance

    @property
    def held(self) -> bool:
        """Whether every difference the data fits is within the tolerance as a guardrail."""
        return self._most_harm <= self.metric.tolerance

    @property
    def _most_harm(self) -> float:
        """The worst end of the interval, as a worsening; NaN where there is no interval."""
        low, high = self.comparison.interval
        return -low if self.metric.higher_is_better else high

    def guardrail_sentence(self, control: str, treatment: str) -> str:
        """What this metric did as a guardrail: held, was breached, or could not tell."""
        seen, measure, tolerance = self.comparison, self.metric.measure, self.metric.tolerance
        did = "breached" if self.harmed else "held" if self.held else "could not tell"
        against = {
            "held": "all within",
            "breached": "all beyond",
            "could not tell": "which reaches beyond",
        }[did]
        if math.isnan(self._most_harm):
            against = "nothing to hold against"
        return (
            f"Guardrail {self.metric.name} {did}: {treatment} {wording.MINUS} {control} is "
            f"{wording.difference(seen.difference, measure)} "
            f"({100 * (1 - self.alpha):g}% interval {wording.interval(seen.interval, measure)}), "
            f"{against} the tolerance of {wording.tolerance(tolerance, measure)}."
        )

    def sentence(self, control: str, treatment: str) -> str:
        """Both values, the difference and its interval."""
        seen, measure = self.comparison, self.metric.measure
        return (
            f"the {self.metric.name} is {wording.value(seen.treatment, measure)} in {treatment} "
            f"({seen.n_treatment:,} users) against {wording.value(seen.control, measure)} in "
            f"{control} ({seen.n_control:,} users), a difference of "
            f"{wording.difference(seen.difference, measure)} "
            f"({100 * (1 - self.alpha):g}% interval {wording.interval(seen.interval, measure)}, "
            f"{wording.p_value(seen.p_value)})"
        )


@dataclass(frozen=True)
class Decision:
    """A verdict that can be defended.

    Attributes:
        verdict: ship, don't ship, keep collecting or broken.
        sentence: the verdict and what it rests on, in plain words, with the interval.
        reasons: one line per metric and check behind it.
        would_change: what would have to be seen for another verdict.
        guardrails: what each guardrail did: held, breached, or could not tell; empty where
            the analysis was stopped.
    """

    verdict: Verdict
    sentence: str
    reasons: tuple[str, ...]
    would_change: str
    guardrails: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = (f"{self.verdict.capitalize()}.", self.sentence, *self.guardrails, self.would_change)
        return " ".join(said)

    def _repr_markdown_(self) -> str:
        guardrails = "".join(f"- {line}\n" for line in self.guardrails)
        said = (f"**{self.verdict.capitalize()}.** {self.sentence}", guardrails, self.would_change)
        return "\n\n".join(part for part in said if part)


def decide(
    primary: Finding, guardrails: Sequence[Finding], check: Check, control: str, treatment: str
) -> Decision:
    """The verdict on `treatment`, from the primary metric, the guardrails and the data's fitness.

    A guardrail shown to be worse stops a shipment; a split that chance does not explain makes
    every other number worthless.
    """
    harmed = [guardrail for guardrail in guardrails if guardrail.harmed]
    findings = (primary, *guardrails)
    reasons = (
        *(finding.sentence(control, treatment) for finding in findings),
        check.split_sentence,
        *(warning for finding in findings for warning in finding.comparison.warnings),
        *check.warnings,
    )
    numbers = _capital(primary.sentence(control, treatment))
    main = f"{numbers}. {_by_chance(primary, control, treatment)}"
    told = tuple(guardrail.guardrail_sentence(control, treatment) for guardrail in guardrails)

    def decided(verdict: Verdict, sentence: str, would_change: str) -> Decision:
        return Decision(verdict, sentence, reasons, would_change, told)

    if check.sample_ratio is not None and check.sample_ratio.mismatch:
        why = f"The split itself is wrong ({wording.p_value(check.sample_ratio.p_value)})."
        return decided("broken", f"{why} Not to be relied on: {main}", _AFTER_REPAIR)
    if primary.worse:
        sentence = f"Variant {treatment} is worse than {control}. {main}"
        return decided("don't ship", sentence, _another_treatment(treatment))
    if harmed:
        harm = _capital("; ".join(finding.sentence(control, treatment) for finding in harmed))
        sentence = f"A guardrail got worse. {harm}. {main}"
        return decided("don't ship", sentence, _mended(harmed, treatment))
    if primary.better:
        sentence = f"Variant {treatment} is better than {control}. {main}"
        return decided("ship", sentence, _a_repeat(guardrails))
    sentence = f"This data fits a gain as well as a loss. {main}{_no_worse(primary, treatment)}"
    return decided("keep collecting", sentence, _more_users(primary))


def undecidable(problems: Sequence[ExperimentError]) -> Decision:
    """The verdict where the data stops the analysis: too little of it, or something broken."""
    reasons = tuple(f"{type(p).__name__}: {p.observed}; {p.why}" for p in problems)
    found = "; ".join(problem.observed for problem in problems)
    if all(problem.needs_more_data for problem in problems):
        sentence = f"There are too few users to say anything. Found: {found}."
        return Decision("keep collecting", sentence, reasons, f"Next: {problems[0].option}.")
    broken = next(problem for problem in problems if not problem.needs_more_data)
    sentence = f"Nothing can be said about the variants. Found: {found}."
    return Decision("broken", sentence, reasons, f"Next: {broken.option}.")


_AFTER_REPAIR = "A new run would change it, after the cause of the wrong split is found and mended."


def _a_repeat(guardrails: Sequence[Finding]) -> str:
    open_ = " or ".join(guardrail.metric.name for guardrail in guardrails if not guardrail.held)
    worse = f"{open_}, which this data leaves open, turned out" if open_ else "a guardrail got"
    return (
        f"It would change if {worse} worse, if the gain's lower end is too small to pay for "
        "the switch, or if a repeat on other users did not show it."
    )


def _no_worse(primary: Finding, treatment: str) -> str:
    """What non-inferiority allows, where a margin was set."""
    tolerance = primary.metric.tolerance
    if not tolerance > 0 or not primary.held:
        return ""
    margin = wording.tolerance(tolerance, primary.metric.measure)
    return (
        f" No loss beyond {margin} fits it: {treatment} is no worse by more than what was allowed, "
        "which is enough where it was wanted for another reason, such as its cost."
    )


def _another_treatment(treatment: str) -> str:
    return (
        "More visitors would hardly change this verdict: they would make the interval narrower, "
        f"and it is unlikely to reach 0. Change {treatment}, and test it anew."
    )


def _mended(harmed: Sequence[Finding], treatment: str) -> str:
    names = " and ".join(finding.metric.name for finding in harmed)
    return (
        f"A {treatment} whose {names} is no worse than the tolerance allows would change it; so "
        "would a larger `tolerance` for that guardrail, set before the next run and for a reason."
    )


def _more_users(primary: Finding) -> str:
    seen = primary.comparison
    caution = (
        "Fix the number before the next run: adding visitors until the interval leaves 0 makes "
        "false alarms likelier than planned."
    )
    if not seen.difference or math.isnan(seen.std_error):
        return f"Only a true difference would change it. {caution}"
    z = stats.norm.ppf(1 - primary.alpha / 2) + stats.norm.ppf(POWER)
    users = (seen.n_control + seen.n_treatment) * (z * seen.std_error / seen.difference) ** 2
    return (
        f"If the true difference were as large as the one seen, about {_rounded(users):,} users "
        f"in all would show it in {100 * POWER:g} of 100 tests. {caution}"
    )


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _rounded(users: float) -> int:
    """Up, to two digits: the estimate is no sharper than that."""
    step: int = 10 ** max(0, math.floor(math.log10(users)) - 1)
    return int(math.ceil(users / step) * step)


def _by_chance(primary: Finding, control: str, treatment: str) -> str:
    how_often = wording.how_often(primary.comparison.p_value)
    return (
        f"If {control} and {treatment} were equally good, a difference at least this large "
        f"would come up in {how_often}."
    )
