"""What the exercises of notebook 01 say to right and to wrong answers."""

import pytest

from lab_utils.checks import vms_vs_containers as check
from lab_utils.comparison import trials
from lab_utils.comparison.trials import Fence, Hog, Note
from lab_utils.measurements import Measurement
from tests.lab_utils.checks.cases import Case, Try


def engine_on(*, another_kernel):
    return lambda patch: patch.setattr(
        trials, "engine_has_a_kernel_of_its_own", lambda: another_kernel
    )


here, desktop = engine_on(another_kernel=False), engine_on(another_kernel=True)


def hog(exit_code, said="", *, killed=False):
    return lambda patch: patch.setattr(trials, "hog", lambda _limits: Hog(exit_code, killed, said))


def no_engine(patch):
    patch.setattr(trials, "hog", lambda _limits: None)


def note(*, written=True, found_again=False, how=""):
    seen = Note(written, found_again, how)
    return lambda patch: patch.setattr(trials, "note", lambda _path: seen)


def without_a_guest(patch):
    patch.setattr(trials, "fence", lambda flags: trials._known(frozenset(flags)))


def fence(processes, *, names=False, mounts=False, said=""):
    seen = Fence(processes, names, mounts, said)
    return lambda patch: patch.setattr(trials, "fence", lambda _flags: seen)


MEMORY = Measurement(
    what="idle memory",
    server="tiny",
    runtime="vm",
    values=(198_000_000,),
    unit="bytes",
    how="as a test has it",
    accelerator="tcg",
    host="a test",
    date="2026-11-25T10:00:00+00:00",
)

OURS = {name: right for name, (right, _) in check.CASES.items()}

CASES = [
    Case(
        check.count_kernels,
        right=(
            Try((3,), "the containers brought none", here),
            Try((4,), "the engine's own machine's", desktop),
        ),
        wrong=(
            Try((1,), "inside the guests too", here),
            Try((2,), "whose kernel a container's system calls go to", here),
            Try((5,), "that counts the containers", here),
            Try((4,), "draw them as bars", here),
            Try((3,), "this engine's kernel is not this computer's", desktop),
            Try(("one",), "no words", here),
        ),
        secret=r"(?i)\bthree kernels",
    ),
    Case(
        check.end_the_hog,
        right=(
            Try(({"mem_limit": "16m", "memswap_limit": "16m"},), "137", hog(137, killed=True)),
            Try(({"mem_limit": "16m", "memswap_limit": "16m"},), "no Docker Engine", no_engine),
            Try(({"mem_limit": "32M", "memswap_limit": "32768k"},), "signal 9", hog(137)),
        ),
        wrong=(
            Try(({},), "exit code 0"),
            Try(("16m",), "a dict of limits"),
            Try(({"mem_limit": "16m"},), "where the host has swap"),
            Try(({"mem_limit": "128m", "memswap_limit": "128m"},), "choose a smaller one"),
            Try(({"mem_limit": "16", "memswap_limit": "16"},), "Docker takes no less"),
            Try(({"mem_limit": "16m", "memswap_limit": "32m"},), "subtract one from the other"),
            Try(({"mem_limit": "16m", "memswap_limit": "0"},), "Docker takes 0 for none"),
            Try(({"mem_limit": "32m", "memswap_limit": "16m"},), "which Docker refuses"),
            Try(({"mem_limit": "sixteen"},), "a number and k, m or g"),
            Try(({"memory": "16m"},), "a limit called 'memory'"),
            Try(
                ({"mem_limit": "60m", "memswap_limit": "60m"},),
                "it ended with exit code 0",
                hog(0),
            ),
        ),
        secret=r'mem_limit": "16m", "memswap_limit": "16m"',
    ),
    Case(
        check.how_many_fit,
        right=(Try((70, MEMORY), "70 guests of 198 MB"), Try((70.0, MEMORY), "13.9 of 14 GB")),
        wrong=(
            Try((80, MEMORY), "all of the 16 GB given away"),
            Try((71, MEMORY), "does not fit whole"),
            Try((75, MEMORY), "gigabytes of 1024³ bytes"),
            Try((14e9 / 198e6, MEMORY), "in which direction to round"),
            Try((5, MEMORY), "how many fit into one gigabyte"),
            Try((28_000, MEMORY), "check which measurement you divide by"),
        ),
        secret=r"\b70 guests|16e9 - 2e9",
    ),
    Case(
        check.keep_the_note,
        right=(Try(("/kept/note.txt",), "in the new container", note(found_again=True)),),
        wrong=(
            Try(("/note.txt",), "the container's own layer", note()),
            Try(("/tmp/note.txt",), "tmp is not it", note()),
            Try(("kept/note.txt",), "begin it with /"),
            Try(("/kept",), "a folder"),
            Try(("/kept/a/b",), "no folder for", note(written=False, how="nonexistent")),
            Try(
                ("/data/note.txt",),
                "nonexistent directory",
                note(written=False, how="nonexistent directory"),
            ),
        ),
        secret=r"/kept/note\.txt`",
    ),
    Case(
        check.fence_in,
        right=(
            Try(("--pid --fork --mount --uts",), "a name and mounts of its own", fence(4)),
            Try(("--uts --mount --fork --pid",), "could not be tried", without_a_guest),
            Try(("--pid --fork --mount --uts --ipc --net",), "4 processes", fence(4)),
            Try(("unshare --pid, --fork, --mount, --uts",), "4 processes", fence(4)),
            Try((["--pid", "--fork", "--mount", "--uts"],), "4 processes", fence(4)),
        ),
        wrong=(
            Try(("--pid --fork --mount",), "is called `box` now", fence(4, names=True)),
            Try(("--pid --fork --uts",), "a flag for mounts", fence(4, mounts=True)),
            Try(("--mount --uts",), "it sees 59 processes", fence(59)),
            Try(("--pid --mount --uts",), "let `unshare` fork", fence(None, said="can't fork")),
            Try(("--pid --fork --user",), "the words --user"),
            Try(("-p -f -m -u",), "as they stand there"),
            Try(("--fork --mount --uts",), "it sees 54 processes", without_a_guest),
        ),
        secret=r"--pid --fork --mount --uts",
    ),
    Case(
        check.find_the_wrong,
        right=(Try(({"start", "state"},), "both"), Try((["state", "start"],), "both")),
        wrong=(
            Try(({"start"},), "1 still missing"),
            Try(({"start", "size"},), "the order was right"),
            Try(({"isolation", "state"},), "the panic stayed inside"),
            Try(("start",), "several texts between braces"),
            Try(({"start", "stateless"},), "a slip of the pen"),
            Try((set(),), "2 still missing"),
        ),
        secret=r"`start` and `state`",
    ),
    Case(
        check.choose,
        right=(Try((OURS,), "a kernel of its own where one is needed"),),
        wrong=(
            Try((dict.fromkeys(OURS, "container"),), "container for everything"),
            Try(({**OURS, "programs that strangers upload": "container"},), "a hole in the kernel"),
            Try(({**OURS, "a bug to step through": "container"},), "no fence to look over"),
            Try(
                ({**OURS, "a program for Windows": "container"},),
                "another system than the host's: a container",
            ),
            Try(({**OURS, "a service for another team": "vm"},), "shares what it has in common"),
            Try(({**OURS, "a bug to step through": "docker"},), "a slip of the pen"),
            Try(({"a program for Windows": "vm"},), "a runtime for every case"),
            Try((list(OURS.values()),), "a runtime for each case"),
        ),
        secret=r"Programs of strangers: vm",
    ),
]


@pytest.mark.parametrize("case", check.CASES)
def test_each_poorer_choice_has_a_reason_and_the_right_one_has_none(case):
    right, why = check.CASES[case]
    assert set(why) | {right} == {"process", "container", "vm"}
    assert right not in why
