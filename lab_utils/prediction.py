"""A reader's prediction, and answers that stay folded until there is one, or until asked for."""

from __future__ import annotations

from dataclasses import dataclass

from lab_utils.errors import LabError
from lab_utils.experiment import Decision
from lab_utils.plots import Picture


@dataclass(frozen=True)
class Prediction:
    """What a reader expects.

    Args:
        said: one of `among`; None where the reader has not said.
        among: what can be expected.

    Raises:
        LabError: another thing was said.
    """

    said: str | None
    among: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.said is not None and self.said not in self.among:
            choices = " or ".join(f'"{choice}"' for choice in self.among)
            raise LabError(
                "noting your prediction", f"it is {self.said!r}", f"predict {choices}, or None"
            )

    def reveal(self, answer: Picture | Decision) -> Revealed:
        """The answer, open if a prediction was made; else folded, and a click opens it."""
        return Revealed(self, answer)


@dataclass(frozen=True)
class Revealed:
    """An answer as a notebook shows it: in a `details` element."""

    prediction: Prediction
    answer: Picture | Decision

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        said = self.prediction.said
        opened, title = (
            ("", "The answer: predict first, or click here to see it")
            if said is None
            else (" open", f"You predicted {said}. This was seen:")
        )
        kind, shown, plain = self._shown
        folded = f"<details{opened}><summary>{title}</summary>\n\n{shown}\n\n</details>"
        return {kind: folded, "text/plain": plain}

    @property
    def _shown(self) -> tuple[str, str, str]:
        """How the answer is shown: as which kind of text, richly, and plainly."""
        if isinstance(self.answer, Decision):
            return "text/markdown", self.answer._repr_markdown_(), str(self.answer)
        bundle = self.answer._repr_mimebundle_()
        return "text/html", bundle["text/html"], bundle["text/plain"]
