"""The account: what was done when, what the visitors saw of it, and which demands were not met."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.chaos.story import Chapter, Diary
from benchmarks.chaos.visitors import PER_SECOND, Answer, Cut

SHOWN = 5
"""How many examples of a broken demand are shown."""


@dataclass(frozen=True)
class Account:
    """Everything that is known afterwards.

    Attributes:
        diary: what was done, and what the visitors saw.
        events: the balancer's request events, by request id; more than one is a broken demand.
        torn: lines of the event log that are not JSON.
        ejections: how often the balancer ejected a backend.
        versions: of the engine and of Compose.
    """

    diary: Diary
    events: Mapping[str, Sequence[Mapping[str, Any]]]
    torn: int
    ejections: int
    versions: Mapping[str, str]

    @property
    def answers(self) -> list[Answer]:
        """All that the visitors were told."""
        return self.diary.visitors.answers

    def broken(self) -> list[str]:
        """The demands that were not met, a sentence each; empty if all were."""
        found = {
            "failed although a backend was healthy": [
                f"{each.request_id} at {each.at:.1f} s: {each.status}"
                for each in self.answers
                if each.status != HTTPStatus.OK and not self._excused(each)
            ],
            "were cut off although the balancer was up": [
                f"at {each.began:.1f} s, {each.why}"
                for each in self.diary.visitors.cuts
                if not (self._downtime(each.began, each.ended) or self._died_midway(each))
            ],
            "users met several variants": [
                f"user {user}: {', '.join(map(str, variants))}"
                for user, variants in self._variants().items()
                if len(variants) > 1
            ],
            "were answered by another variant than was said": [
                f"{each.request_id}: {each.answered_by}, and not {each.failover or each.variant}"
                for each in self.answers
                if each.status == HTTPStatus.OK
                and each.answered_by != (each.failover or each.variant)
            ],
            "are not in the event log as they were told": [
                each.request_id for each in self.answers if not self._is_logged(each)
            ],
            "torn lines are in the event log": [f"{self.torn} of them"] if self.torn else [],
            "lines of the event log belong to no answer and to no cut": self._surplus(),
        }
        return [
            f"{len(cases)} {what}: {'; '.join(cases[:SHOWN])}{' ...' * (len(cases) > SHOWN)}"
            for what, cases in found.items()
            if cases
        ]

    def show(self, console: Console) -> None:
        """Print it."""
        answers, cuts = self.answers, self.diary.visitors.cuts
        about = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        console.print(
            f"Chaos: {PER_SECOND} requests a second of known users, to two recommenders a and b "
            f"behind the balancer. {about}.",
            highlight=False,
        )
        console.print(self._table())
        worst = max((each.latency_s for each in answers), default=0.0)
        stand_ins = sum(each.failover is not None for each in answers)
        statuses = Counter(each.status for each in answers)
        console.print(
            f"{len(answers)} answers ("
            + ", ".join(f"{count} of {status}" for status, count in sorted(statuses.items()))
            + f") to {len(self._variants())} users. The balancer tried {self._retried(answers)} "
            f"again elsewhere, let another variant stand in for {stand_ins}, and ejected "
            f"{self.ejections} backends. Visitors had to ask again {len(cuts)} times. "
            f"The slowest answer took {worst:.2f} s.",
            highlight=False,
        )
        broken = self.broken()
        for demand in broken:
            console.print(f"NOT AS DEMANDED: {demand}", markup=False, highlight=False)
        if not broken:
            console.print(
                "As demanded: no request failed while a backend was healthy, every user kept the "
                "variant, and every answer is in the event log, once, with the same status."
            )

    def _table(self) -> Table:
        table = Table("at", caption=_LEGEND, box=box.SIMPLE, pad_edge=False, collapse_padding=True)
        table.add_column("what was done", no_wrap=True)
        for title in ("asked", "failed", "cut", "again", "stood in", "worst"):
            table.add_column(title, justify="right", no_wrap=True)
        for chapter in self.diary.chapters:
            table.add_row(f"{chapter.began:.1f} s", chapter.title, *self._row(chapter))
        return table

    def _row(self, chapter: Chapter) -> list[str]:
        answers = [each for each in self.answers if chapter.began <= each.at < chapter.ended]
        cuts = [
            each for each in self.diary.visitors.cuts if chapter.began <= each.began < chapter.ended
        ]
        worst = max((each.latency_s for each in answers), default=0.0)
        return [
            str(len(answers)),
            str(sum(each.status != HTTPStatus.OK for each in answers)),
            str(len(cuts)),
            str(self._retried(answers)),
            str(sum(each.failover is not None for each in answers)),
            f"{worst * 1000:.0f} ms",
        ]

    def _retried(self, answers: Sequence[Answer]) -> int:
        logged = [self.events.get(each.request_id, ({},))[0] for each in answers]
        return sum("retried_from" in event for event in logged)

    def _downtime(self, began: float, ended: float) -> bool:
        """Whether the balancer was away in some part of a stretch of time."""
        return any(
            each.downtime and began < each.ended and ended >= each.began
            for each in self.diary.chapters
        )

    def _excused(self, answer: Answer) -> bool:
        """Whether nobody could have given an answer: no balancer, or no backend."""
        ended = answer.at + answer.latency_s
        nobody = (each for each in self.diary.chapters if each.nobody)
        alone = any(answer.at < each.ended and ended >= each.began for each in nobody)
        return alone or self._downtime(answer.at, ended)

    def _variants(self) -> dict[str, set[str | None]]:
        seen: dict[str, set[str | None]] = defaultdict(set)
        for each in self.answers:
            seen[each.user_id].add(each.variant)
        return seen

    def _is_logged(self, answer: Answer) -> bool:
        told = (answer.status, answer.user_id, answer.variant, answer.failover)
        keys = ("status", "user_id", "variant", "failover")
        logged = self.events.get(answer.request_id, ())
        return [tuple(event.get(key) for key in keys) for event in logged] == [told]

    def _died_midway(self, cut: Cut) -> bool:
        """Whether the log says that a backend ended its answer too early.

        What has been passed on of it cannot be taken back: the visitor can only be cut off.
        """
        return any("error" in event for event in self.events.get(cut.request_id, ()))

    def _surplus(self) -> list[str]:
        """Lines beyond those that answers and cuts explain: a cut leaves one line at most."""
        known = {each.request_id for each in self.answers}
        others = [request_id for request_id in self.events if request_id not in known]
        return others if len(others) > len(self.diary.visitors.cuts) else []


def of(diary: Diary, event_log: bytes, balancer_log: str, versions: Mapping[str, str]) -> Account:
    """Put together what was seen from all sides.

    Args:
        diary: the visitors' side.
        event_log: the balancer's.
        balancer_log: what it said beside that.
        versions: of the engine and of Compose.
    """
    events: dict[str, list[dict[str, Any]]] = defaultdict(list)
    torn = 0
    for line in event_log.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            torn += 1
        else:
            events[event["request_id"]].append(event)
    ejections = len(re.findall(r"^backend \S+ is ejected: ", balancer_log, re.MULTILINE))
    return Account(diary, events, torn, ejections, versions)


_LEGEND = (
    "cut: refused or cut off, the visitor asked again; again: tried again elsewhere by the "
    "balancer; stood in: answered by the other variant"
)
