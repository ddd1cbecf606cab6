"""What notebook 03 shows: live where an engine answers, else as it was recorded.

Both are asked alike. A recording says of itself that it is one, from when and from which engine;
what was not recorded is not made up: the answer says what is missing and how to get it.
"""

from __future__ import annotations

from typing import Protocol

from lab_utils.compose.change import Change
from lab_utils.compose.harm import Testimony
from lab_utils.compose.live import Live
from lab_utils.compose.moments import Moments
from lab_utils.compose.output import Output
from lab_utils.compose.reach import Reach
from lab_utils.compose.replayed import Replayed
from lab_utils.compose.scaling import Scaled
from lab_utils.compose.spread import Spread
from lab_utils.compose.typos import Typos
from lab_utils.ports import Ports
from lab_utils.recorded import Tape
from lab_utils.stack import Stack
from lab_utils.stack.containers import ContainerStack

USUAL_PROJECT = "recitation"

TAPE = "compose"
"""The lesson's name among those that are recorded."""


class Sample(Protocol):
    """A project: the lab's own, or a small one beside it."""

    def run(self, command: object) -> Output:
        """Run `docker compose ...` on it."""

    def moments(self) -> Moments:
        """When its containers started, were healthy, and ended."""

    def ended(self) -> Moments:
        """The same, once all of them have ended."""

    def down(self) -> Output:
        """Remove its containers and network."""


class Lesson(Sample, Protocol):
    """The lab's own project, and what is tried on it."""

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


def lesson(here: Stack) -> Lesson:
    """What a notebook asks, for a stack that is up."""
    if isinstance(here, ContainerStack):
        tape = tape_of(here)
        tape.rewind(engine=here.engine.version, compose=here.engine.compose_version)
        return Live(here, tape)
    return Replayed(here, Tape.of(TAPE))


def tape_of(here: ContainerStack) -> Tape:
    """The lesson's tape, on which this project and its ports have the names they usually have."""
    ports = zip(vars(here.ports).values(), vars(Ports()).values(), strict=True)
    return Tape.of(TAPE, {here.project: USUAL_PROJECT, **{str(a): str(b) for a, b in ports}})
