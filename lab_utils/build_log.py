"""A build, read from BuildKit's plain progress: its steps, and which of them were in the cache."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

STEP = re.compile(r"#(?P<number>\d+) \[(?P<where>(?:[^\]]+ )?\d+/\d+)\] (?!FROM)(?P<what>.+)")
"""The beginning of a step; FROM, which makes nothing, is none."""

MOUNTS = re.compile(r"--mount=\S+\s+")
CA = re.compile(r"if \[ -s /run/secrets/ca \];.*?\bfi;\s*")
"""The words by which a build trusts a proxy: they say nothing of what the step is for."""

_CACHED = re.compile(r"#(\d+) CACHED")
_DONE = re.compile(r"#(\d+) DONE ([\d.]+)s")
_FAILED = re.compile(r"#(\d+) (?:ERROR|CANCELED)")
_SAID = re.compile(r"#(\d+) [\d.]+ (.*\S)")

WORDS = {"working": "at work", "cached": "from the cache", "done": "made anew", "failed": "failed"}
SHADE = {"working": "#e08a00", "cached": "#bdbdbd", "done": "#0b5c94", "failed": "#a3123a"}
LONGEST = 76
"""Characters of an instruction that are shown."""


@dataclass(frozen=True)
class Step:
    """One instruction of a Dockerfile, as a build went through it.

    Attributes:
        where: its stage and place: `2/5`, `build 2/4`.
        what: the instruction, without what is lent to it meanwhile.
        state: one of `working`, `cached`, `done`, `failed`.
        seconds: it took; 0 if it was in the cache.
        said: the last line that its program said.
    """

    where: str
    what: str
    state: str = "working"
    seconds: float = 0.0
    said: str = ""


@dataclass(frozen=True)
class Build:
    """A build, under way or over.

    Attributes:
        image: the name it gives to what it makes.
        steps: in the order of the Dockerfile, as far as it shows in the names of its stages.
        recorded: the day it was recorded, where it does not happen now; else empty.
    """

    image: str
    steps: tuple[Step, ...] = ()
    recorded: str = ""

    @property
    def seconds(self) -> float:
        """All steps together; without packing the image."""
        return sum(step.seconds for step in self.steps)

    @property
    def made_anew(self) -> tuple[Step, ...]:
        """The steps that were not in the cache."""
        return tuple(step for step in self.steps if step.state == "done")

    def step(self, piece: str) -> Step | None:
        """The first step whose instruction has `piece` in it."""
        return next((step for step in self.steps if piece in step.what), None)

    @classmethod
    def from_dict(cls, kept: dict[str, Any], recorded: str) -> Build:
        """Of what `dataclasses.asdict` made, and JSON kept."""
        steps = tuple(Step(**each) for each in kept["steps"])
        return cls(kept["image"], steps, recorded)

    def __repr__(self) -> str:
        cached = sum(step.state == "cached" for step in self.steps)
        return (
            f"{self.image}: {len(self.steps)} steps, {cached} from the cache, "
            f"{len(self.made_anew)} made anew in {in_words(self.seconds)}"
        )

    def _ipython_display_(self) -> None:
        """Nothing: it was shown while it was built; `print` shows it in a line."""

    def to_html(self) -> str:
        """A table of the steps, each with how it was come by and a bar as long as it took."""
        most = max([1.0, *(step.seconds for step in self.steps)])
        rows = "".join(_row(step, most) for step in self.steps)
        when = f" (recorded {self.recorded}: no Docker Engine answers here)" * bool(self.recorded)
        caption = html.escape(f"{self!r}{when}")
        return (
            '<table style="font-size: 105%"><caption style="caption-side: bottom; '
            f'text-align: left; color: inherit">{caption}</caption>{rows}</table>'
        )


def in_words(seconds: float) -> str:
    """A time as it is worth saying."""
    return f"{seconds:.1f} s" if seconds >= 0.1 else "under 0.1 s"


def following(lines: Iterable[str], image: str) -> Iterator[Build]:
    """The build as it is after each line that changes it."""
    steps: dict[str, Step] = {}
    for line in lines:
        if not _apply(line, steps):
            continue
        yield Build(image, tuple(sorted(steps.values(), key=_place)))


def _place(step: Step) -> tuple[int, int]:
    """Where a step stands: BuildKit begins independent ones in any order.

    A stage without a name is called by its number, `stage-1`; those with a name come before it.
    """
    stage, _, place = step.where.rpartition(" ")
    number = stage.removeprefix("stage-")
    return int(number) if number.isdigit() else 0, int(place.partition("/")[0])


def _apply(line: str, steps: dict[str, Step]) -> bool:
    """Change the steps as a line says; whether it did."""
    if (begun := STEP.match(line)) and begun["number"] not in steps:
        what = " ".join(CA.sub("", MOUNTS.sub("", begun["what"])).split())
        steps[begun["number"]] = Step(begun["where"], what)
        return True
    for pattern, change in (
        (_CACHED, lambda _found: {"state": "cached"}),
        (_DONE, lambda found: {"state": "done", "seconds": float(found[2])}),
        (_FAILED, lambda _found: {"state": "failed"}),
        (_SAID, lambda found: {"said": found[2]}),
    ):
        if (found := pattern.match(line)) and found[1] in steps:
            steps[found[1]] = replace(steps[found[1]], **change(found))
            return True
    return False


def _row(step: Step, most: float) -> str:
    where = re.sub(r"^stage-\d+ ", "", step.where)
    what = step.what if len(step.what) <= LONGEST else step.what[: LONGEST - 1] + "…"
    time = in_words(step.seconds) if step.state == "done" else ""
    width = 8 * step.seconds / most
    bar = (
        f'<span style="display: inline-block; height: 0.8em; width: {width:.2f}em; '
        f'background: {SHADE[step.state]}"></span>'
    )
    doing = f"<br><small>{html.escape(step.said[:LONGEST])}</small>" * (step.state == "working")
    cell = '<td style="text-align: left; vertical-align: top; white-space: nowrap">'
    mark = f'<b style="color: {SHADE[step.state]}">{"○" if step.state == "cached" else "●"}</b>'
    return (
        f"<tr>{cell}{html.escape(where)}</td>"
        f'<td style="text-align: left"><code>{html.escape(what)}</code>{doing}</td>'
        f"{cell}{mark} {WORDS[step.state]}</td>{cell}{bar} {time}</td></tr>"
    )
