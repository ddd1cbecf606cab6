"""Exercises of notebook 01: three runtimes, looked at and told apart."""

from __future__ import annotations

import math
import re

from lab_utils.checks import memory_limits
from lab_utils.checks.answers import (
    NotYet,
    described,
    is_unanswered,
    one_of,
    some_of,
    text,
    whole,
)
from lab_utils.checks.exercise import exercise
from lab_utils.comparison import trials
from lab_utils.measurements import Measurement
from lab_utils.runtimes import KINDS

CONTAINERS, MACHINES = 3, 2
"""How many are up in 01.1."""

HOST_MEMORY, KEPT = 16e9, 2e9
"""Bytes of the server of 01.3, and of them for the server itself."""


@exercise(
    "01.1",
    "How many kernels run?",
    hint="In the picture a kernel is a dark bar. Draw the bars for what is up, the lowest too.",
    answer="Three kernels: the host's, and one in each of the two virtual machines. Containers add "
    "none. (With Docker Desktop four kernels: its containers stand on the kernel of a virtual "
    "machine that it keeps for them, and that one counts.)",
)
def count_kernels(answer: object) -> str:
    """Three containers and two virtual machines are up."""
    n = whole(answer, "kernels")
    apart = trials.engine_has_a_kernel_of_its_own()
    right = 1 + MACHINES + apart
    if n == right:
        where = "the host's, the engine's own machine's" if apart else "the host's"
        return f"{where}, and one in each virtual machine; the containers brought none"
    every = f"{CONTAINERS} containers and {MACHINES} virtual machines on one host"
    if n == 1:
        raise NotYet(
            "one kernel for all", f"those of {every}", "count the dark bars inside the guests too"
        )
    if n == MACHINES:
        raise NotYet(
            "a kernel for each guest alone",
            "the lowest dark bar, too",
            "ask whose kernel a container's system calls go to",
        )
    if n >= CONTAINERS + MACHINES:
        raise NotYet(
            f"{n}: that counts the containers",
            "dark bars only: a container has none",
            "compare the boot id inside a container with the host's",
        )
    if apart:
        raise NotYet(
            f"{n}: right where containers stand on the host's kernel",
            "what is so here: this engine's kernel is not this computer's",
            "look at the lowest bars of the containers' picture again",
        )
    raise NotYet(f"{n} kernels", f"those of {every}", "draw them as bars, and count the dark ones")


@exercise(
    "01.2",
    "A limit that ends a program",
    hint="Docker's `--memory` alone lets a container have as much again in swap. What else must "
    "be said so that it gets none?",
    answer='`{"mem_limit": "16m", "memswap_limit": "16m"}`: the second is memory and swap '
    "together, so equal limits leave no swap. The kernel then ends the program with signal 9, and "
    "Docker reports 128 + 9 = 137.",
)
def end_the_hog(answer: object) -> str:
    """A program that fills 64 MB is run in a container under these limits."""
    limits = memory_limits.limits(answer)
    memory, both = (memory_limits.size(limits.get(name)) for name in memory_limits.NAMES)
    if memory is None:
        raise NotYet(
            "no limit for memory: the program has its 64 MB and ends well, with exit code 0",
            "a limit that it passes",
            'begin with `mem_limit`, a text like "32m"',
        )
    if memory < 6 * 2**20:
        raise NotYet(
            f"a limit of {memory:,} bytes",
            "6 MB or more: Docker takes no less",
            "a letter behind the number is the unit: m for megabytes",
        )
    if memory > trials.HOG_BYTES:
        raise NotYet(
            f"a limit of {memory / 2**20:.0f} MB, and the program wants 64: it ends well",
            "a limit that it passes",
            "choose a smaller one",
        )
    if both is None:
        raise NotYet(
            "a limit for memory and none for swap: where the host has swap, the program goes on "
            "there, only slower",
            "that it must end on every host",
            "set `memswap_limit` too, and think what it counts",
        )
    if both < memory:
        read = "and Docker takes 0 for none" if both == 0 else "which Docker refuses"
        raise NotYet(
            f"{memory:,} bytes of memory, but {both:,} of memory and swap together, {read}",
            "a sum that is no less than its part",
            "`memswap_limit` is not the swap: it counts the memory, too",
        )
    if both != memory:
        raise NotYet(
            f"{memory:,} bytes of memory, and {both:,} bytes of memory and swap together",
            "no swap at all",
            "subtract one from the other: that is the swap it has",
        )
    return _ended(limits)


def _ended(limits: dict[str, str]) -> str:
    seen = trials.hog(limits)
    if seen is None:
        return "limits that leave no swap; no Docker Engine here to try them, elsewhere it ends 137"
    if seen.exit_code == 137:
        told = " The engine says: out of memory." if seen.out_of_memory else ""
        return f"the program was killed: exit code 137, 128 + signal 9.{told}"
    raise NotYet(
        f"it ended with exit code {seen.exit_code}: {seen.said or 'it said nothing'}",
        "that the kernel ends it",
        "choose a smaller limit",
    )


@exercise(
    "01.3",
    "How many guests fit?",
    hint="What is left for guests, divided by what one holds. Half a guest serves nobody.",
    answer="`(16e9 - 2e9) // guest.median`: with 200 MB a guest, 70 guests fit. Rounded down, "
    "because the last one must fit whole.",
)
def how_many_fit(answer: object, memory: Measurement) -> str:
    """Guests of `memory` on a server of 16 GB, 2 of which are its own."""
    room, each = HOST_MEMORY - KEPT, memory.median
    right = math.floor(room / each)
    slips = {
        math.floor(HOST_MEMORY / each): (
            "all of the 16 GB given away",
            "the server's own 2 GB left alone",
            "take them off first",
        ),
        math.floor(room / 1e9 * 2**30 / each): (
            "gigabytes of 1024³ bytes",
            "gigabytes of 10⁹ bytes, as the measurement has megabytes of 10⁶",
            "write the gigabytes as 16e9 and 2e9",
        ),
        right + 1: (
            "one guest that does not fit whole",
            "a number that is rounded down",
            "use `//`, or math.floor",
        ),
        math.floor(1e9 / each): ("how many fit into one gigabyte", "the whole server", "use 16e9"),
    }
    n = whole(answer, "guests")
    if n == right:
        return f"{n} guests of {each / 1e6:.0f} MB hold {n * each / 1e9:.1f} of 14 GB"
    if n in slips:
        raise NotYet(*slips[n])
    raise NotYet(
        f"{n} guests, which would hold {n * each / 1e9:,.1f} GB",
        f"as many as 14 GB have room for, at {each / 1e6:.0f} MB each",
        "check which measurement you divide by, and its unit: bytes",
    )


@exercise(
    "01.4",
    "A place that outlives the container",
    hint="The container is run with a volume mounted at /kept. Everything else it writes goes "
    "into a layer of its own.",
    answer="`/kept/note.txt`, or any file under `/kept/`: the volume is not the container's, so "
    "removing the container leaves it.",
)
def keep_the_note(answer: object) -> str:
    """A note is written to this path, the container removed, and a new one asked for it."""
    path = text(answer)
    if not path.startswith("/"):
        raise NotYet(f"the path {path!r}", "one from the root", "begin it with /")
    if path.rstrip("/") == "/kept" or path.endswith("/"):
        raise NotYet(f"{path!r}, a folder", "a file", "put the file's name behind it")
    seen = trials.note(path)
    if seen.found_again:
        return f"{path} was there in the new container{seen.how}"
    if not seen.written and path.startswith("/kept/"):
        raise NotYet(f"there is no folder for {path!r}", "a file", "write it into /kept itself")
    if not seen.written:
        raise NotYet(
            f"{path!r} could not be written: {seen.how}",
            "a place that can be written to",
            "look for the folder that the volume is mounted at",
        )
    if re.match(r"/(tmp|dev|run|proc|sys)(/|$)", path):
        raise NotYet(
            f"{path} was written, and gone with the container{seen.how}",
            "a place that is not the container's own",
            f"{path.split('/')[1]} is not it: think of what outlives a container by design",
        )
    raise NotYet(
        f"{path} was written into the container's own layer, which was removed with it{seen.how}",
        "a place outside that layer",
        "which folder of it was mounted from elsewhere?",
    )


@exercise(
    "01.5",
    "Fence a shell in, by hand",
    hint="There is one flag for each kind of namespace, and a new process table is for a new "
    "process: the shell must be started as one.",
    answer="`--pid --fork --mount --uts`: processes, mounts and host name of its own. Without "
    "`--fork` the shell stays in the old process table, and only its children are in the new one.",
)
def fence_in(answer: object) -> str:
    """A shell is fenced in with these flags of `unshare`, in the tiny guest."""
    several = isinstance(answer, list | tuple | set) and all(isinstance(x, str) for x in answer)
    line = text(" ".join(answer) if several else answer)  # type: ignore[arg-type]
    flags = set(line.replace(",", " ").removeprefix("unshare ").split())
    if strangers := sorted(flags - set(FENCES)):
        raise NotYet(
            f"the words {', '.join(strangers)}",
            f"some of {' '.join(FENCES)}",
            "leave out what is not among them, and write the others as they stand there",
        )
    seen = trials.fence(tuple(flag for flag in FENCES if flag in flags))
    if seen.names_leaked:
        raise NotYet(
            "it named itself `box`, and the guest outside is called `box` now",
            "a host name of its own",
            "UTS is what the kernel calls the namespace of names",
        )
    if seen.mounts_leaked:
        raise NotYet(
            "its mount is in the guest's own table, too",
            "a table of mounts of its own",
            "there is a flag for mounts",
        )
    if seen.processes is None:
        raise NotYet(
            f"the shell could not go on: {seen.said}",
            "a shell that is the first process of a new table",
            "the new process table needs a new process: let `unshare` fork",
        )
    if seen.processes > trials.FENCED:
        raise NotYet(
            f"it sees {seen.processes} processes, the guest's kernel's among them",
            "itself and what it started",
            "the table of processes is a namespace, too",
        )
    return f"a shell with {seen.processes} processes, a name and mounts of its own{seen.how}"


FENCES = ("--fork", "--ipc", "--mount", "--net", "--pid", "--uts")


@exercise(
    "01.6",
    "Which two rows are wrong as they stand?",
    hint="Look for a row that a measurement contradicts, and for one that blames the virtual "
    "machine for what can be left out.",
    answer="`start` and `state`. A machine that goes on from a snapshot answers about as fast as a "
    "container, so it is booting that is slow. And a container's files outlive a restart, and in "
    "a volume its removal too: what is lost is lost by removing.",
)
def find_the_wrong(answer: object) -> str:
    """The two claims that the measurements refute."""
    keys = some_of(answer, tuple(ROWS))
    if held := sorted(keys - REFUTED):
        raise NotYet(f"`{held[0]}`: {ROWS[held[0]]}", "two that do not stand", "try another")
    if missing := REFUTED - keys:
        found = ", ".join(sorted(keys)) or "none"
        raise NotYet(
            f"{found}: {len(missing)} still missing",
            "the two of them",
            "which rows did a second measurement turn around?",
        )
    return "both: a snapshot starts as a container does, and files outlive more than the row allows"


REFUTED = frozenset({"start", "state"})

ROWS = {
    "size": "the order was right in every measurement",
    "start": "",
    "system": "the boot ids said so",
    "resources": "the memory seen inside said so",
    "cost": "fewer guests fit, by any count",
    "state": "",
    "portability": "it needs a kernel below it, but then it does run",
    "sharing": "the second image added next to nothing",
    "isolation": "the panic stayed inside",
    "roll-back": "files and processes came back",
}


@exercise(
    "01.7",
    "Process, container or virtual machine?",
    hint="Ask of each: must it have a kernel of its own? If not, must it bring its own files, or "
    "be fenced in? If not even that, a process will do.",
    answer="The two recommenders in the shop: container. Programs of strangers: vm. A driver for "
    "another kernel: vm. A bug to be stepped through in an editor: process. Handing a service to "
    "another team: container. A program for Windows: vm.",
)
def choose(answer: object) -> str:
    """One runtime for each case."""
    if not isinstance(answer, dict):
        raise NotYet(described(answer), "a dict: a runtime for each case", "keep the dict's names")
    if unknown := [name for name in answer if name not in CASES]:
        raise NotYet(f"a case {unknown[0]!r}", f"the {len(CASES)} cases", "keep the dict's names")
    if left := [name for name in CASES if name not in answer or is_unanswered(answer[name])]:
        raise NotYet(f"nothing for `{left[0]}`", "a runtime for every case", "choose one for it")
    chosen = {name: one_of(answer[name], KINDS) for name in CASES}
    if len(set(chosen.values())) == 1:
        only = next(iter(chosen.values()))
        raise NotYet(
            f"{only} for everything",
            "reasons that differ from case to case",
            "find the case in which it is the poorest choice",
        )
    for name, runtime in chosen.items():
        right, why = CASES[name]
        if runtime != right:
            raise NotYet(f"{runtime} for `{name}`", why[runtime], "think of that, and choose anew")
    return (
        "a kernel of its own where one is needed, files of its own where they travel, else neither"
    )


Why = dict[str, str]
CASES: dict[str, tuple[str, Why]] = {
    "two recommenders in the shop": (
        "container",
        {
            "process": "two services whose libraries do not get into each other's way",
            "vm": "no more memory than they need: neither wants a kernel of its own",
        },
    ),
    "programs that strangers upload": (
        "vm",
        {
            "process": "a stranger's program that cannot read your files",
            "container": "that a hole in the kernel is no way out: who shares it, shares its holes",
        },
    ),
    "a driver for another kernel": (
        "vm",
        {
            "process": "that the kernel may crash, and nothing else with it",
            "container": "another kernel than the host's, which is the one it would get",
        },
    ),
    "a bug to step through": (
        "process",
        {
            "container": "an editor that is beside the program, and no fence to look over",
            "vm": "an editor that is beside the program, and a start in no time",
        },
    ),
    "a service for another team": (
        "container",
        {
            "process": "that it brings its libraries along",
            "vm": "an image that is small, and shares what it has in common with theirs",
        },
    ),
    "a program for Windows": (
        "vm",
        {
            "process": "another system than the host's, Linux",
            "container": "another system than the host's: a container has the host's kernel",
        },
    ),
}
