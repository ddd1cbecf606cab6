"""An exercise: a judge with a number, a title, a hint and a solution."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from lab_utils.checks import progress
from lab_utils.checks.answers import NotYet, is_unanswered
from lab_utils.checks.verdict import Folded, Verdict
from lab_utils.errors import LabError

__all__ = ["Exercise", "NotYet", "exercise"]

Judge = Callable[..., str]


@dataclass(frozen=True, repr=False)
class Exercise:
    """What `check.<name>(answer)` calls.

    Attributes:
        number: of the notebook and of the exercise in it: `05.1`.
        title: the question in a few words.
        nudge: one hint that does not give the answer away.
        answer: ours, with the reason, shown on request only.
        judge: returns what it saw where an answer is right, raises `NotYet` where not.
    """

    number: str
    title: str
    nudge: str
    answer: str
    judge: Judge

    @property
    def name(self) -> str:
        """How it is called: the judge's name."""
        return self.judge.__name__

    def __call__(self, *answers: object, **named: object) -> Verdict:
        """Look at an answer, or at the state of the system, and say what was seen.

        It never raises for what a student gave: `...` and None are not answered yet.
        """
        if any(map(is_unanswered, (*answers, *named.values()))):
            return self._verdict("unanswered", next_step="put your answer in place of `...`")
        try:
            inspect.signature(self.judge).bind(*answers, **named)
        except TypeError as wrong:
            return self._miscalled(wrong)
        return self._judged(answers, named)

    def hint(self) -> Folded:
        """One nudge."""
        return Folded(f"A hint for {self.number}", self.nudge)

    def solution(self) -> Folded:
        """Our answer, folded in a notebook until a click opens it."""
        return Folded(f"Our answer to {self.number}", self.answer)

    def _judged(self, answers: tuple[object, ...], named: dict[str, object]) -> Verdict:
        try:
            saw = self.judge(*answers, **named)
        except NotYet as why:
            return self._verdict("not yet", why.saw, why.expected, why.next_step, why=self._keep())
        except LabError as error:
            found = f"While {error.doing}: {error.found}"
            return self._verdict("could not look", found, next_step=error.next_step)
        except Exception as error:  # noqa: BLE001 - a judge of ours that fails is no student's fault
            return self._broken(error)
        return self._verdict("right", saw, why=self._keep(right=True))

    def _keep(self, *, right: bool = False) -> str:
        return progress.note(self.number, self.title, right=right)

    def _miscalled(self, wrong: TypeError) -> Verdict:
        wanted = ", ".join(inspect.signature(self.judge).parameters)
        return self._verdict(
            "could not look", f"the call has {wrong}", next_step=f"`check.{self.name}({wanted})`"
        )

    def _broken(self, error: Exception) -> Verdict:
        said = str(error).strip().split("\n")[0]
        return self._verdict(
            "broken",
            f"{type(error).__name__}{': ' + said if said else ''}",
            next_step=f"go on with the notebook, and tell whoever gave it to you that check "
            f"{self.number} failed this way; it counts as no try",
        )

    def _verdict(
        self, kind: str, saw: str = "", expected: str = "", next_step: str = "", why: str = ""
    ) -> Verdict:
        about = (self.number, self.title, self.name, self.nudge)
        return Verdict(*about, kind, saw, expected, next_step, note=why)

    def __repr__(self) -> str:
        wanted = ", ".join(inspect.signature(self.judge).parameters)
        return f"{self.number} {self.title}\nTo have it looked at: check.{self.name}({wanted})"


def exercise(number: str, title: str, *, hint: str, answer: str) -> Callable[[Judge], Exercise]:
    """Make an exercise of the judge below it.

    Example:
        ```python
        @exercise("05.1", "How many users?", hint="...", answer="...")
        def sample_size(answer: object) -> str:
            n = whole(answer, "users")
            if n < 100:
                raise NotYet(saw=f"{n} users", expected="...", next_step="...")
            return "what was seen, and what it means"
        ```

    Args:
        number: of the notebook and of the exercise: `05.1`.
        title: the question in a few words.
        hint: one nudge.
        answer: our answer with its reason, for `.solution()`.
    """
    return lambda judge: Exercise(number, title, hint, answer, judge)
