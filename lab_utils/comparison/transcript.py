"""A container made by hand, as a notebook shows it: commands, what they printed, what it means."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lab_utils.measurements import Step, container_by_hand
from lab_utils.paths import DATA
from lab_utils.runtimes import Unavailable, VirtualMachine

RECORDED = DATA / "recorded" / "container-by-hand.json"


@dataclass(frozen=True)
class Transcript:
    """What was typed into a guest's shell, and what came back.

    Attributes:
        steps: one for each part of a container.
        note: where and when, if not here and now; else empty.
    """

    steps: tuple[Step, ...]
    note: str = ""

    def __str__(self) -> str:
        shown = [f"{each.title}\n{_typed(each)}\n{each.meaning}" for each in self.steps]
        return "\n\n".join([self.note, *shown] if self.note else shown)

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        note = f"<p><b>{html.escape(self.note)}</b></p>" if self.note else ""
        steps = "".join(
            f"<h4>{html.escape(each.title)}</h4>"
            '<pre style="border-left:.3em solid #64748b;padding:.3em .8em;white-space:pre-wrap">'
            f"{html.escape(_typed(each))}</pre><p>{html.escape(each.meaning)}</p>"
            for each in self.steps
        )
        return {"text/html": note + steps, "text/plain": str(self)}

    def save(self, path: Path, where: str) -> None:
        """Keep it for machines that have no guest; `where` says on what, with what, and when."""
        kept = {"recorded": where, "steps": [asdict(each) for each in self.steps]}
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def by_hand() -> Transcript:
    """Make a container by hand in the tiny guest; where there is none, as it was recorded."""
    try:
        with VirtualMachine("tiny", warm=True) as vm:
            return Transcript(container_by_hand(vm))
    except Unavailable as missing:
        print(f"no guest to type into: {missing.found}\nto have one: {missing.next_step}")
        return load(RECORDED)


def load(path: Path) -> Transcript:
    """One that was saved."""
    kept = json.loads(path.read_text("utf-8"))
    return Transcript(tuple(Step(**each) for each in kept["steps"]), f"Recorded {kept['recorded']}")


def _typed(step: Step) -> str:
    lines = step.command.strip().splitlines()
    return "\n".join([*(f"# {line}" for line in lines), step.output.strip()])
