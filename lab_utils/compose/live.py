"""The lesson on an engine: what is shown happens here and now."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from typing import Any

from docker.models.containers import Container

from lab_utils import images, waiting
from lab_utils.compose import harm, reach, replacing, spread, typos
from lab_utils.compose.change import Change
from lab_utils.compose.harm import Testimony
from lab_utils.compose.moments import Moments
from lab_utils.compose.output import Output
from lab_utils.compose.project import Project
from lab_utils.compose.reach import Reach
from lab_utils.compose.scaling import OURS, Scaled
from lab_utils.compose.spread import Spread
from lab_utils.compose.typos import Typos
from lab_utils.errors import LabError
from lab_utils.paths import NOTEBOOKS, ROOT
from lab_utils.recorded import Tape
from lab_utils.stack.containers import ContainerStack

SAMPLES = NOTEBOOKS / "compose"
"""Small projects that the notebook brings up beside the lab's stack, a folder each."""

SAMPLES_UP = ("broken", "sick")
"""Small projects that stay up until the lesson is over."""

END_TIMEOUT = 40.0
"""Seconds until a project that breaks must be down altogether."""

SPREAD_OVER = 60
"""Visits whose backends are counted."""


class LiveProject:
    """A project on this engine.

    Args:
        project: it.
        key: under which what it shows is noted.
        tape: keeps what is shown, if it is to be recorded.
    """

    def __init__(self, project: Project, key: str, tape: Tape) -> None:
        self.project = project
        self.key = key
        self.tape = tape

    def run(self, command: object) -> Output:
        """Run `docker compose ...` on it."""
        output = self.project.run(command)
        self.tape.keep(f"{self.key} run {command}", [output.exit_code, output.said])
        return output

    def moments(self) -> Moments:
        """When its containers started, were healthy, and ended."""
        moments = self.project.moments()
        self.tape.keep(f"{self.key} moments", [asdict(each) for each in moments.all])
        return moments

    def ended(self) -> Moments:
        """The same, once all of them have ended.

        Raises:
            LabError: some still run after `END_TIMEOUT` seconds.
        """

        def missing() -> str | None:
            seen = self.project.moments().all
            running = [each.service for each in seen if each.ended_s is None]
            return f"{', '.join(running)} still run" if running else None

        waiting.until(
            missing,
            timeout=END_TIMEOUT,
            doing="waiting for all of it to end",
            next_step="`docker compose ps --all` shows who runs",
        )
        return self.moments()

    def down(self) -> Output:
        """Remove its containers and network."""
        return self.project.down()


class Live(LiveProject):
    """The lab's stack in containers.

    Args:
        here: the stack, up.
        tape: keeps what is shown, if it is to be recorded.
    """

    def __init__(self, here: ContainerStack, tape: Tape) -> None:
        base = images.base_here(here.engine)
        environment = here.environment(base)
        super().__init__(Project(here.engine, ROOT, here.project, environment), "stack", tape)
        self.here = here

    def sample(self, name: str) -> LiveProject:
        """A small project of the folder `notebooks/compose`."""
        mine, stack = self.project, self.here.project
        project = Project(mine.engine, SAMPLES / name, f"{stack}-{name}", mine.environment)
        return LiveProject(project, name, self.tape)

    def reach(self) -> Reach:
        """Who can reach whom."""
        tried = reach.tried(self.here)
        self.tape.keep("reach", tried.opened)
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
        self.tape.keep(f"scale {output.command}", [running, served])
        return Scaled(output, running, served)

    def typos(self) -> Typos:
        """What Compose says to slips of the pen."""
        told = typos.tried()
        self.tape.keep("typos", told.rows)
        return told

    def spread(self) -> Spread:
        """Which containers of recommender a answer how many visits."""
        replacing.wait(self.project, self.here.ports)
        measured = spread.measured(self.here, replacing.VARIANT, SPREAD_OVER)
        self.tape.keep("spread", measured.answered)
        return measured

    def replace(self, steps: object) -> Change:
        """Replace recommender a while visitors come."""
        change = replacing.replace(self.project, self.here.ports, steps)
        if not change.refused:
            self.tape.keep(f"change {' '.join(change.order)}", _written(change))
        return change

    def kill(self) -> Testimony:
        """Kill recommender b and ask around."""
        return self._noted("kill", harm.kill(self.here))

    def cut(self) -> Testimony:
        """Take recommender b off the network and ask around."""
        return self._noted("cut", harm.cut(self.here))

    def mend(self) -> None:
        """Bring the stack back to what its file says, and wait until all of it is well."""
        cut_off = self.here.container(harm.SERVICE)
        if cut_off is not None and not cut_off.attrs["NetworkSettings"]["Networks"]:
            cut_off.remove(force=True)  # Compose holds it for well: it runs
        for each in self.here.engine.containers(self.here.project, replacing.SERVICE):
            if not _wants(each, self.here.ports.a):
                each.remove(force=True)  # running or not: else Compose starts it where it is
        # Without `--no-deps` both models would be trained anew; and what was started with that
        # word and what was started without it are not alike to Compose, which replaces it.
        words = f"up --detach --no-deps --no-recreate {' '.join(self.here.parts)}"
        self.project.run(f"docker compose {words}")
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
        self.tape.keep(key, [told.done, told.rows])
        return told


def _written(change: Change) -> dict[str, Any]:
    """A change for the tape: its hundreds of visits as one text, and not a line for each number."""
    visits = (f"{each.at_s:.3f} {each.waited_ms:.1f} {each.status}" for each in change.visits)
    return {"took_s": [round(each, 3) for each in change.took_s], "visits": ";".join(visits)}


def _wants(container: Container, port: int) -> bool:
    """Whether a container has this port of the computer, or would if it ran."""
    bindings = container.attrs["HostConfig"]["PortBindings"] or {}
    bound = [each for some in bindings.values() for each in some or ()]
    return any(each["HostPort"] == str(port) for each in bound)
