"""The lesson without an engine: what only Compose can do is shown as it was recorded."""

from __future__ import annotations

from typing import Any

from lab_utils import docker_engine
from lab_utils.compose import harm, reach
from lab_utils.compose.change import STEPS, Change, order_of, refused
from lab_utils.compose.harm import Testimony
from lab_utils.compose.moments import Moment, Moments
from lab_utils.compose.output import Output, Provenance
from lab_utils.compose.project import understood
from lab_utils.compose.reach import Reach
from lab_utils.compose.scaling import OURS, Scaled
from lab_utils.compose.spread import Spread
from lab_utils.compose.typos import Typos
from lab_utils.compose.visitors import Visit
from lab_utils.errors import LabError
from lab_utils.recorded import Tape
from lab_utils.stack import Stack, unwell


class ReplayedProject:
    """A project as it was recorded.

    Args:
        key: under which.
        tape: what there is to show.
    """

    def __init__(self, key: str, tape: Tape) -> None:
        self.key = key
        self.tape = tape

    @property
    def provenance(self) -> Provenance:
        """Where all of it comes from."""
        about = self.tape.about
        return Provenance(self.tape.day, about.get("engine", "?"), about.get("compose", "?"))

    def recorded(self, key: str) -> Any:
        """What was shown under a key.

        Raises:
            LabError: nothing was.
        """
        known = self.tape.replayed(key)
        if known is None:
            raise LabError("showing what was recorded", f"{key!r} was not", missing_engine())
        return known

    def run(self, command: object) -> Output:
        """What the command said when it was recorded."""
        if why_not := understood(command)[2]:
            return Output(str(command), None, why_not)
        known = self.tape.replayed(f"{self.key} run {command}")
        if known is None:
            return Output(str(command), None, _not_recorded())
        exit_code, said = known
        return Output(str(command), exit_code, said, self.provenance)

    def moments(self) -> Moments:
        """When its containers started, were healthy, and ended."""
        known = self.recorded(f"{self.key} moments")
        return Moments(tuple(Moment(**each) for each in known), self.provenance)

    def ended(self) -> Moments:
        """The same: it was recorded when all of them had ended."""
        return self.moments()

    def down(self) -> Output:
        """There is nothing to remove."""
        return Output("docker compose down", None, "nothing was started, so nothing is removed")


class Replayed(ReplayedProject):
    """The lab's stack as processes; what needs Compose is shown as it was recorded.

    Args:
        here: the stack, up.
        tape: what there is to show.
    """

    def __init__(self, here: Stack, tape: Tape) -> None:
        super().__init__("stack", tape)
        self.here = here

    def sample(self, name: str) -> ReplayedProject:
        """A small project as it was recorded."""
        return ReplayedProject(name, self.tape)

    def reach(self) -> Reach:
        """Who could reach whom."""
        opened = self.recorded("reach")
        return Reach(opened, reach.questions(self.here.ports), self.provenance)

    def scale(self, command: object) -> Scaled:
        """What became of the command when it was recorded; `...` and None stand for ours."""
        output = self.run(OURS if command is None or command is ... else command)
        running, served = self.tape.replayed(f"scale {output.command}") or (None, None)
        return Scaled(output, running, served)

    def typos(self) -> Typos:
        """What Compose said to slips of the pen."""
        rows = self.recorded("typos")
        return Typos(tuple(map(tuple, rows)), self.provenance)

    def spread(self) -> Spread:
        """Which containers of recommender a answered how many visits."""
        return Spread(self.recorded("spread"), self.provenance)

    def replace(self, steps: object) -> Change:
        """What visitors saw when recommender a was replaced in this order."""
        order = STEPS if steps is None or steps is ... else order_of(steps)
        if order is None:
            return refused(steps)
        known = self.recorded(f"change {' '.join(order)}")
        told = (visit.split() for visit in known["visits"].split(";"))
        visits = tuple(Visit(float(at), float(ms), int(status)) for at, ms, status in told)
        return Change(order, tuple(known["took_s"]), visits, self.provenance)

    def kill(self) -> Testimony:
        """Kill recommender b, a process here, and ask around."""
        return harm.kill(self.here)

    def cut(self) -> Testimony:
        """What was said when recommender b was off the network."""
        done, rows = self.recorded("cut")
        return Testimony(done, tuple(map(tuple, rows)), self.provenance)

    def mend(self) -> None:
        """Start again what does not run."""
        for each in unwell(self.here):
            self.here.start(each.name)

    def stop(self) -> None:
        """Stop the stack."""
        self.here.down(print)


def _not_recorded() -> str:
    return f"This needs a Docker Engine, and was not recorded. {missing_engine()}"


def missing_engine() -> str:
    """Why no engine answers here, and how to get one; empty where one does."""
    try:
        docker_engine.find()
    except docker_engine.EngineUnavailable as missing:
        return f"{missing.found}. To have one: {missing.next_step}."
    except LabError as error:
        return str(error)
    return ""
