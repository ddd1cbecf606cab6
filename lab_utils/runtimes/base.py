"""What a runtime is, whichever of the three: one server, started, looked into, stopped."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, Self, get_args

import httpx

from lab_utils import waiting
from lab_utils.errors import LabError

Kind = Literal["process", "container", "vm"]
Server = Literal["tiny", "recommender-a"]

KINDS: tuple[Kind, ...] = get_args(Kind)
SERVERS: tuple[Server, ...] = get_args(Server)
"""`tiny`: busybox's web server with one page, for demonstrations that take a second.
`recommender-a`: the recommender itself, with its model, as the stack runs it."""

PATHS: dict[Server, str] = {"tiny": "/", "recommender-a": "/healthz"}
"""What is asked of each server to see whether it answers."""

ANSWER_TIMEOUT = 0.3
"""Seconds one question waits: a guest's network takes connections before the guest listens."""

POLL = 0.01
"""Seconds between two questions, so that a start is timed to a hundredth."""


class Unavailable(LabError):
    """This machine cannot run this runtime, or not this server in it; the error says why."""


@dataclass(frozen=True)
class Kernel:
    """The kernel that a server's system calls go to.

    Attributes:
        release: as `uname -r` prints it.
        boot_id: differs between any two boots; the same kernel shows the same one to all.
    """

    release: str
    boot_id: str


@dataclass(frozen=True)
class Inside:
    """What a program that runs beside the server can see.

    Attributes:
        kernel: which kernel it runs on.
        processes: names of all processes it sees, the server's among them; kernel threads too.
        memory: bytes of RAM it is told there are (`MemTotal`).
        cpus: how many processors it is told there are.
    """

    kernel: Kernel
    processes: tuple[str, ...]
    memory: int
    cpus: int


class Runtime(ABC):
    """One server in one runtime; as a context manager it is ready inside, and gone after.

    Args:
        server: which one.

    Raises:
        Unavailable: on starting, where this machine has not what it takes.
    """

    kind: ClassVar[Kind]

    def __init__(self, server: Server = "tiny") -> None:
        if server not in SERVERS:
            raise LabError(
                f"choosing a server for a {self.kind}",
                f"there is none called {server!r}",
                f"name one of {', '.join(SERVERS)}",
            )
        self.server: Server = server

    def __enter__(self) -> Self:
        try:
            self.demand()
            self.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def accelerator(self) -> str:
        """What runs the guest's instructions, `kvm`, `tcg`, ...; empty where there is no guest."""
        return ""

    @abstractmethod
    def demand(self) -> None:
        """Make whatever it is started from, if that is not there yet.

        What a Python that died has left of this runtime is removed, too.

        Raises:
            Unavailable: this machine cannot run it, and why.
        """

    @abstractmethod
    def start(self) -> None:
        """Start it and return at once, before it answers; `demand` comes before it.

        Raises:
            Unavailable: this machine cannot.
        """

    @abstractmethod
    def ended(self) -> str | None:
        """How it ended that was started, with its last words; None while it runs."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers on this machine, `http://127.0.0.1:…`."""

    @abstractmethod
    def memory(self) -> int:
        """Bytes of this machine's memory that it holds now, counted as `memory_how` says."""

    @property
    @abstractmethod
    def memory_how(self) -> str:
        """How its memory is counted, in words."""

    @abstractmethod
    def run_inside(self, script: str) -> str:
        """What a POSIX shell script prints that runs beside the server.

        Raises:
            LabError: it ended with another exit code than 0.
        """

    @abstractmethod
    def image_bytes(self) -> int:
        """Bytes on disk that it is started from."""

    @abstractmethod
    def stop(self) -> None:
        """End it and remove all that was made for it; without effect where nothing runs."""

    @property
    def ready_timeout(self) -> float:
        """Seconds from the start after which it is given up."""
        return 60.0

    def wait_ready(self) -> None:
        """Wait until it answers.

        Raises:
            LabError: it ended instead, or the time was up.
        """

        def missing() -> str | None:
            if (how := self.ended()) is not None:
                raise LabError(
                    f"starting {self.server} in a {self.kind}",
                    how,
                    "read its last words above; `./lab doctor` looks at this machine",
                )
            return None if self.answers() else f"nothing answers at {self.url}"

        waiting.until(
            missing,
            timeout=self.ready_timeout,
            doing=f"waiting for {self.server} in a {self.kind}",
            next_step="run this again; `./lab doctor` looks at this machine",
            pause=POLL,
        )

    def answers(self) -> bool:
        """Whether it answers a question now."""
        try:
            asked = httpx.get(
                self.url + PATHS[self.server], timeout=ANSWER_TIMEOUT, trust_env=False
            )
        except httpx.HTTPError:
            return False
        return asked.status_code == httpx.codes.OK

    def inside(self) -> Inside:
        """Look around inside, as a program beside the server would."""
        return parse(self.run_inside(LOOK))

    def processes(self) -> tuple[str, ...]:
        """Names of the processes that can be seen from inside."""
        return self.inside().processes

    def kernel(self) -> Kernel:
        """The kernel that the server runs on, as seen from inside."""
        return self.inside().kernel


LOOK = """\
uname -r
cat /proc/sys/kernel/random/boot_id
while read -r name size unit; do
    if [ "$name" = MemTotal: ]; then echo "$size"; fi
done < /proc/meminfo
nproc
for each in /proc/[0-9]*; do
    if read -r name < $each/comm; then echo "$name"; fi
done 2>/dev/null
"""
"""Needs a shell, `uname`, `cat` and `nproc`: what busybox and every Debian image have."""


def parse(said: str) -> Inside:
    """What the script `LOOK` printed."""
    release, boot_id, memory, cpus, *processes = said.split("\n")
    names = tuple(name for name in processes if name)
    return Inside(Kernel(release, boot_id), names, int(memory) * 1024, int(cpus))
