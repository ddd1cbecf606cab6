"""What notebook 03 shows: live where an engine answers, else as it was recorded.

Both are asked alike. A recording says of itself that it is one, from when and from which engine;
what was not recorded is not made up: the answer says what is missing and how to get it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from lab_utils import docker_engine, images, waiting
from lab_utils.compose import harm, reach, replacing, spread, typos
from lab_utils.compose.change import STEPS, Change, order_of, refused
from lab_utils.compose.harm import Testimony
from lab_utils.compose.moments import Moment, Moments
from lab_utils.compose.output import Output
from lab_utils.compose.project import Project
from lab_utils.compose.reach import Reach
from lab_utils.compose.recording import RECORDED, Recorder, Recording
from lab_utils.compose.scaling import OURS, Scaled
from lab_utils.compose.spread import Spread
from lab_utils.compose.typos import Typos
from lab_utils.compose.visitors import Visit
from lab_utils.errors import LabError
from lab_utils.paths import NOTEBOOKS, ROOT
from lab_utils.stack import Stack, unwell
from lab_utils.stack.containers import ContainerStack

SAMPLES = NOTEBOOKS / "compose"
"""Small projects that the notebook brings up beside the lab's stack, a folder each."""

RECORD_TO = "LAB_RECORD_COMPOSE"
"""Environment variable: a file into which all that is shown live is recorded."""

END_TIMEOUT = 40.0
"""Seconds until a project that breaks must be down altogether."""

SPREAD_OVER = 60
"""Visits whose backends are counted."""

Note = Callable[[str, Any], object]


class Sample(Protocol):
    """A project: the lab's own, or a small one beside it."""

    def run(self, command: object) -> Output:
        """Run `docker compose ...` on it."""

    def moments(self) -> Moments:
        """When its containers started, were healthy, and ended."""

    def down(self) -> Output:
        """Remove its containers and network."""


class Lesson(Sample, Protocol):
    """The lab's own project, and what is tried on it."""

    @property
    def is_live(self) -> bool:
        """Whether an engine answers here."""

    def sample(self, name: str) -> Sample:
        """A small project of the folder `notebooks/compose`."""

    def reach(self) -> Reach:
        """Who can reach whom."""

    def scale(self, command: object) -> Scaled:
        """Run a command that is to change how many containers there are, and count them."""

    def spread(self) -> Spread:
        """Which containers of recommender a answer how many visits."""

    def typos(self) -> Typos:
        """What Compose says to slips of the pen."""

    def replace(self, steps: object) -> Change:
        """Replace recommender a while visitors come."""

    def kill(self) -> Testimony:
        """Kill recommender b and ask around."""

    def cut(self) -> Testimony:
        """Take recommender b off the network and ask around."""

    def mend(self) -> None:
        """Bring the stack back to what its file says, and wait until all of it is well."""

    def stop(self) -> None:
        """Stop what the lesson brought up: the stack and the small projects."""


SAMPLES_UP = ("broken", "sick")
"""Small projects that stay up until the lesson is over."""


def lesson(here: Stack) -> Lesson:
    """What a notebook asks, for a stack that is up."""
    if isinstance(here, ContainerStack):
        file = os.environ.get(RECORD_TO)
        note = Recorder(Path(file), here.engine).note if file else _nowhere
        return Live(here, note)
    return Replayed(here, Recording.read(RECORDED))


def _nowhere(_key: str, _value: object) -> None:
    """Records nothing."""


class LiveProject:
    """A project on this engine.

    Args:
        project: it.
        key: under which what it shows is noted.
        note: told what is shown.
    """

    def __init__(self, project: Project, key: str, note: Note) -> None:
        self.project = project
        self.key = key
        self.note = note

    def run(self, command: object) -> Output:
        """Run `docker compose ...` on it."""
        output = self.project.run(command)
        self.note(f"{self.key} run {command}", [output.exit_code, output.said])
        return output

    def moments(self) -> Moments:
        """When its containers started, were healthy, and ended."""
        moments = self.project.moments()
        self.note(f"{self.key} moments", [asdict(each) for each in moments.all])
        return moments

    def down(self) -> Output:
        """Remove its containers and network."""
        return self.project.down()


class Live(LiveProject):
    """The lab's stack in containers.

    Args:
        here: the stack, up.
        note: told what is shown, under a key.
    """

    is_live = True

    def __init__(self, here: ContainerStack, note: Note = _nowhere) -> None:
        base = images.base_here(here.engine)
        environment = here.environment(base)
        super().__init__(Project(here.engine, ROOT, here.project, environment), "stack", note)
        self.here = here

    def sample(self, name: str) -> LiveProject:
        """A small project of the folder `notebooks/compose`."""
        mine, stack = self.project, self.here.project
        project = Project(mine.engine, SAMPLES / name, f"{stack}-{name}", mine.environment)
        return LiveProject(project, name, self.note)

    def reach(self) -> Reach:
        """Who can reach whom."""
        tried = reach.tried(self.here)
        self.note("reach", tried.opened)
        return tried

    def scale(self, command: object) -> Scaled:
        """Run a command that is to change how many containers there are, and count them.

        `...` and None stand for ours.
        """
        output = self.run(OURS if command is None or command is ... else command)
        with contextlib.suppress(LabError):  # the counts say it
            replacing.wait(self.project, self.here.ports)
        running = len(self.project.containers(replacing.SERVICE))
        served = len(replacing.served_from(self.here.ports))
        self.note(f"scale {output.command}", [running, served])
        return Scaled(output, running, served)

    def typos(self) -> Typos:
        """What Compose says to slips of the pen."""
        told = typos.tried()
        self.note("typos", told.rows)
        return told

    def spread(self) -> Spread:
        """Which containers of recommender a answer how many visits."""
        replacing.wait(self.project, self.here.ports)
        measured = spread.measured(self.here, replacing.VARIANT, SPREAD_OVER)
        self.note("spread", measured.answered)
        return measured

    def replace(self, steps: object) -> Change:
        """Replace recommender a while visitors come."""
        change = replacing.replace(self.project, self.here.ports, steps)
        if not change.refused:
            self.note(f"change {' '.join(change.order)}", _written(change))
        return change

    def kill(self) -> Testimony:
        """Kill recommender b and ask around."""
        return self._noted("kill", harm.kill(self.here))

    def cut(self) -> Testimony:
        """Take recommender b off the network and ask around."""
        return self._noted("cut", harm.cut(self.here))

    def mend(self) -> None:
        """Bring the stack back to what its file says, and wait until all of it is well."""
        victim = self.here.container(harm.SERVICE)
        if victim is not None and not victim.attrs["NetworkSettings"]["Networks"]:
            victim.remove(force=True)  # Compose holds it for well: it runs
        # without `--no-deps` both models would be trained anew each time
        self.project.run(f"docker compose up --detach --no-deps {' '.join(self.here.parts)}")
        self.here.wait()

    def stop(self) -> None:
        """Stop what the lesson brought up: the stack and the small projects."""
        for name in SAMPLES_UP:
            self.sample(name).down()
        self.here.down(print)

    def moments(self) -> Moments:
        """When its containers started, were healthy, and ended; once all of them are well."""
        self.here.wait()
        return super().moments()

    def _noted(self, key: str, told: Testimony) -> Testimony:
        self.note(key, [told.done, told.rows])
        return told


class ReplayedProject:
    """A project as it was recorded.

    Args:
        key: under which.
        recording: what there is to show.
    """

    def __init__(self, key: str, recording: Recording) -> None:
        self.key = key
        self.recording = recording

    def run(self, command: object) -> Output:
        """What the command said when it was recorded."""
        known = self.recording.get(f"{self.key} run {command}")
        if known is None:
            return Output(str(command), None, _not_recorded())
        exit_code, said = known
        return Output(str(command), exit_code, said, self.recording.provenance)

    def moments(self) -> Moments:
        """When its containers started, were healthy, and ended."""
        known = self.recording.demand(f"{self.key} moments")
        return Moments(tuple(Moment(**each) for each in known), self.recording.provenance)

    def down(self) -> Output:
        """There is nothing to remove."""
        return Output("docker compose down", None, "nothing was started, so nothing is removed")


class Replayed(ReplayedProject):
    """The lab's stack as processes; what needs Compose is shown as it was recorded.

    Args:
        here: the stack, up.
        recording: what there is to show.
    """

    is_live = False

    def __init__(self, here: Stack, recording: Recording) -> None:
        super().__init__("stack", recording)
        self.here = here

    def sample(self, name: str) -> ReplayedProject:
        """A small project as it was recorded."""
        return ReplayedProject(name, self.recording)

    def reach(self) -> Reach:
        """Who could reach whom."""
        opened = self.recording.demand("reach")
        return Reach(opened, reach.questions(self.here.ports), self.recording.provenance)

    def scale(self, command: object) -> Scaled:
        """What became of the command when it was recorded; `...` and None stand for ours."""
        output = self.run(OURS if command is None or command is ... else command)
        running, served = self.recording.get(f"scale {output.command}") or (None, None)
        return Scaled(output, running, served)

    def typos(self) -> Typos:
        """What Compose said to slips of the pen."""
        rows = self.recording.demand("typos")
        return Typos(tuple(map(tuple, rows)), self.recording.provenance)

    def spread(self) -> Spread:
        """Which containers of recommender a answered how many visits."""
        return Spread(self.recording.demand("spread"), self.recording.provenance)

    def replace(self, steps: object) -> Change:
        """What visitors saw when recommender a was replaced in this order."""
        order = STEPS if steps is None or steps is ... else order_of(steps)
        if order is None:
            return refused(steps)
        known = self.recording.demand(f"change {' '.join(order)}")
        visits = tuple(Visit(*each) for each in known["visits"])
        return Change(order, tuple(known["took_s"]), visits, self.recording.provenance)

    def kill(self) -> Testimony:
        """Kill recommender b, a process here, and ask around."""
        return harm.kill(self.here)

    def cut(self) -> Testimony:
        """What was said when recommender b was off the network."""
        done, rows = self.recording.demand("cut")
        return Testimony(done, tuple(map(tuple, rows)), self.recording.provenance)

    def mend(self) -> None:
        """Start again what does not run."""
        for each in unwell(self.here):
            self.here.start(each.name)

    def stop(self) -> None:
        """Stop the stack."""
        self.here.down(print)


def _written(change: Change) -> dict[str, Any]:
    visits = [
        [round(each.at_s, 3), round(each.waited_ms, 1), each.status] for each in change.visits
    ]
    return {"took_s": [round(each, 3) for each in change.took_s], "visits": visits}


def _not_recorded() -> str:
    return f"This needs a Docker Engine, and was not recorded. {missing_engine()}"


def all_ended(project: Sample) -> Moments:
    """When each container of a project ended, once all of them have.

    Raises:
        LabError: some still run after `END_TIMEOUT` seconds.
    """
    seen = project.moments()

    def missing() -> str | None:
        nonlocal seen
        seen = project.moments()
        running = [each.service for each in seen.all if each.ended_s is None]
        return f"{', '.join(running)} still run" if running else None

    waiting.until(
        missing,
        timeout=END_TIMEOUT,
        doing="waiting for all of it to end",
        next_step="`docker compose ps --all` shows who runs",
    )
    return seen


def missing_engine() -> str:
    """Why no engine answers here, and how to get one; empty where one does."""
    try:
        docker_engine.find()
    except docker_engine.EngineUnavailable as missing:
        return f"{missing.found}. To have one: {missing.next_step}."
    except LabError as error:
        return str(error)
    return ""
