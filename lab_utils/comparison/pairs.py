"""Two servers in one runtime, up until they are stopped, and the picture of them as they run."""

from __future__ import annotations

from dataclasses import dataclass

from lab_utils.comparison import portrait
from lab_utils.comparison.diagram import Drawing
from lab_utils.comparison.facts import NAMES
from lab_utils.comparison.shown import Table
from lab_utils.measurements import Subject
from lab_utils.runtimes import Kind, Runtime, Unavailable, make


@dataclass(frozen=True)
class Pair:
    """Two servers of one kind.

    Attributes:
        kind: their runtime.
        members: both, started and ready; none where this machine cannot run them.
    """

    kind: Kind
    members: tuple[Runtime, ...]

    @property
    def first(self) -> Subject:
        """The first of them, to be measured; the kind alone where none is up."""
        return _up(self.members[0]) if self.members else self.kind

    @property
    def second(self) -> Subject:
        """The second of them, to be measured; the kind alone where none is up."""
        return _up(self.members[1]) if self.members else self.kind

    def picture(self) -> Drawing:
        """What carries them and what they are, as they run now; else as recorded, and says so."""
        members = [_up(each) for each in self.members]
        return portrait.live(members) if members else portrait.recorded(self.kind)

    def stop(self) -> None:
        """End both and remove all that was made for them; without effect where nothing runs."""
        for each in self.members:
            each.stop()


def same_program(*pairs: Pair) -> Table:
    """The server's program file in each runtime, and what it runs on there: a row for each pair."""
    return Table(("runtime", *FINGERPRINT), tuple(_fingerprint(each) for each in pairs))


FINGERPRINT = ("the program's SHA-256", "its kernel", "instructions for")
ASK = "sha256sum /bin/busybox; uname -r; uname -m"


def _fingerprint(pair: Pair) -> tuple[str, ...]:
    if not pair.members:
        return (NAMES[pair.kind], "none on this computer", "", "")
    program, release, processor = _up(pair.members[0]).run_inside(ASK).splitlines()
    return (NAMES[pair.kind], program[:SHA_SHOWN] + "…", release, processor)


SHA_SHOWN = 16


def pair(kind: Kind) -> Pair:
    """Start two tiny servers and wait until both answer; say why where this machine cannot."""
    members = (make(kind), make(kind))
    try:
        for each in members:
            each.demand()
            each.start()
        for each in members:
            each.wait_ready()
    except Unavailable as missing:
        Pair(kind, members).stop()
        print(f"no {NAMES[kind]} runs here: {missing.found}\nto have it: {missing.next_step}")
        return Pair(kind, ())
    except BaseException:
        Pair(kind, members).stop()
        raise
    return Pair(kind, members)


def _up(member: Runtime) -> Runtime:
    """A server that is up: no guest outlives half an hour, and a reader may take longer."""
    if member.ended() is not None:
        print(f"a server in a {NAMES[member.kind]} had ended meanwhile: it is started again")
        member.stop()
        member.demand()
        member.start()
        member.wait_ready()
    return member


def stop(*pairs: Pair) -> None:
    """End what pairs have started, and say how many servers that were."""
    for each in pairs:
        each.stop()
        if each.members:
            print(f"stopped {len(each.members)} servers, each in a {NAMES[each.kind]}")
