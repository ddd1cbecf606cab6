"""Exercises of notebook 02: each state of the engine that is right or wrong, and what is said."""

from dataclasses import replace

import pytest

from lab_utils import docker_engine
from lab_utils.build_log import Build, Step
from lab_utils.checks import images_and_containers as check
from lab_utils.checks import seen
from lab_utils.commands import CommandFailed, Completed
from lab_utils.docker_engine import ContainerFacts, EngineUnavailable, ImageFacts, Mount
from lab_utils.docker_engine.trial import Trial
from lab_utils.errors import LabError
from tests.lab_utils.checks.cases import Case, Try

MB = 1_000_000
DIGITS = "0123456789abcdef" * 4
ADDRESS = "127.0.0.1:5001/recitation/hello"

BASE = ImageFacts("base", "sha256:b", 118 * MB, "", (), ())
SMALL = ImageFacts("hello:mine", "sha256:a", 123 * MB, "10001:10001", (), ())
WELL = Trial(answered=True, exit_code=0, seconds=0.2, said="")
SAFE = ContainerFacts(
    name="safe",
    image="hello:mine",
    status="running",
    health="healthy",
    exit_code=0,
    oom_killed=False,
    user="10001:10001",
    read_only=True,
    dropped=("ALL",),
    added=(),
    privileged=False,
    no_new_privileges=True,
    memory=128 * 2**20,
    mounts=(Mount("volume", "visits", "/data"),),
)


def engine(**answers):
    """An engine that has nothing but what is said here, whatever it is asked by name."""

    def given(patch):
        for look in ("image", "container", "trial", "visits", "rebuilt", "serves"):
            patch.setattr(seen, look, lambda _name, look=look: answers.get(look))
        patch.setattr(seen, "base", lambda: BASE)

    return given


def pushed(first):
    """The registry has one image by its fingerprint; `first` says whether it was pushed first."""

    def given(patch):
        known = replace(SMALL, digests=(f"{ADDRESS}@sha256:{DIGITS}",))
        other = known if first else replace(SMALL, id="sha256:other")
        patch.setattr(seen, "image", lambda name: other if name == check.FIRST_PUSHED else known)

    return given


def rebuilt(install="cached", app="done", what="RUN /venv/bin/pip install -r requirements.txt"):
    """Two builds, the second with these states of the step that installs and of the app's."""
    steps = (Step("1/3", "COPY requirements.txt ."), Step("2/3", what), Step("3/3", "COPY . ."))
    states = ("cached", install, app)
    again = tuple(replace(step, state=state) for step, state in zip(steps, states, strict=True))
    return engine(rebuilt=(Build("hello:check", steps), Build("hello:check", again)))


def failing(error):
    def given(patch):
        def fail(_name):
            raise error

        patch.setattr(seen, "rebuilt", fail)

    return given


BROKEN = CommandFailed(
    "building", Completed(("docker",), 1, "ERROR: failed to solve: no such file", ""), "read it"
)
NO_FILE = LabError("reading x", "there is no such file in hello", "look for a slip of the pen")

ARROW = ("mine.Dockerfile",)

CASES = [
    Case(
        check.keeps_packages,
        right=(Try(ARROW, "2 of 3 steps came from the cache", rebuilt()),),
        wrong=(
            Try((7,), "7", rebuilt()),
            Try(ARROW, "the packages were installed again", rebuilt(install="done")),
            Try(ARROW, "it can never get in", rebuilt(app="cached")),
            Try(ARROW, "no such file in hello", failing(NO_FILE)),
            Try(ARROW, "failed to solve", failing(BROKEN)),
            Try(ARROW, "the app cannot start", rebuilt(what="RUN true")),
        ),
        secret=r"COPY requirements",
    ),
    Case(
        check.small_and_harmless,
        right=(
            Try(("hello:mine",), "+5 MB", engine(image=SMALL, trial=WELL)),
            Try((Build("hello:mine"),), "+5 MB", engine(image=SMALL, trial=WELL)),
        ),
        wrong=(
            Try(("hello:nime",), "no image hello:nime", engine()),
            Try(
                ("hello:mine",),
                "MB more than its base",
                engine(image=replace(SMALL, size=467 * MB)),
            ),
            Try(("hello:mine",), "its user is 0:0", engine(image=replace(SMALL, user="0:0"))),
            Try(("hello:mine",), "it says nobody else", engine(image=replace(SMALL, user=""))),
            Try(
                ("hello:mine",),
                "No module named 'flask'",
                engine(
                    image=SMALL,
                    trial=Trial(
                        answered=False, exit_code=1, seconds=0, said="No module named 'flask'"
                    ),
                ),
            ),
        ),
        secret=r"AS build",
    ),
    Case(
        check.ends_when_told,
        right=(Try(("hello:mine",), "ended by itself", engine(image=SMALL, trial=WELL)),),
        wrong=(
            Try(("hello:nime",), "no image hello:nime", engine()),
            Try(
                ("hello:mine",),
                "nothing happened",
                engine(image=SMALL, trial=replace(WELL, exit_code=137, seconds=2.1)),
            ),
            Try(
                ("hello:mine",),
                "half done",
                engine(image=SMALL, trial=replace(WELL, exit_code=143)),
            ),
            Try(
                ("hello:mine",),
                "takes 0 positional arguments",
                engine(
                    image=SMALL,
                    trial=replace(WELL, exit_code=1, said="stop() takes 0 positional arguments"),
                ),
            ),
            Try(
                ("hello:mine",),
                "only after 1.8 s",
                engine(image=SMALL, trial=replace(WELL, seconds=1.8)),
            ),
            Try(
                ("hello:mine",),
                "never answered",
                engine(image=SMALL, trial=replace(WELL, answered=False, said="SyntaxError")),
            ),
        ),
        secret=r"signal\.signal\(",
    ),
    Case(
        check.outlives,
        right=(Try(("safe",), "kept in the volume visits", engine(container=SAFE, visits=(4, 1))),),
        wrong=(
            Try(("sfae",), "no container sfae", engine()),
            Try(
                ("safe",),
                "exit code 137, for want of memory",
                engine(container=replace(SAFE, status="exited", exit_code=137, oom_killed=True)),
            ),
            Try(("safe",), "mounted: nothing", engine(container=replace(SAFE, mounts=()))),
            Try(
                ("safe",),
                "mounted: /app/data",
                engine(container=replace(SAFE, mounts=(Mount("volume", "visits", "/app/data"),))),
            ),
            Try(
                ("safe",),
                "a tmpfs",
                engine(container=replace(SAFE, mounts=(Mount("tmpfs", "", "/data"),))),
            ),
            Try(
                ("safe",),
                "a bind mount",
                engine(container=replace(SAFE, mounts=(Mount("bind", "", "/data"),))),
            ),
            Try(
                ("safe",),
                "without a name",
                engine(container=replace(SAFE, mounts=(Mount("volume", DIGITS, "/data"),))),
            ),
            Try(
                ("safe",),
                "has answered all of them itself",
                engine(container=SAFE, visits=(3, 3)),
            ),
            Try(("safe",), "no visit is counted", engine(container=SAFE, visits=(0, 0))),
        ),
        secret=r"--mount",
    ),
    Case(
        check.as_little_as_it_needs,
        right=(
            Try(("safe",), "writes to /data only", engine(container=SAFE, serves=True)),
            Try((" safe\n",), "writes to /data only", engine(container=SAFE, serves=True)),
        ),
        wrong=(
            Try(("sfae",), "no container sfae", engine()),
            Try(("safe",), "privileged", engine(container=replace(SAFE, privileged=True))),
            Try(("safe",), "run as root", engine(container=replace(SAFE, user="root"))),
            Try(("safe",), "can be written", engine(container=replace(SAFE, read_only=False))),
            Try(("safe",), "the default ones", engine(container=replace(SAFE, dropped=()))),
            Try(
                ("safe",),
                "NET_ADMIN",
                engine(container=replace(SAFE, added=("NET_ADMIN",))),
            ),
            Try(
                ("safe",),
                "make its caller root",
                engine(container=replace(SAFE, no_new_privileges=False)),
            ),
            Try(("safe",), "all the memory", engine(container=replace(SAFE, memory=0))),
            Try(("safe",), "a visit to it fails", engine(container=SAFE, serves=False)),
        ),
        secret=r"--cap-drop ALL",
    ),
    Case(
        check.always_the_same,
        right=(
            Try(
                (f"{ADDRESS}@sha256:{DIGITS}",),
                "one image, wherever",
                pushed(first=True),
            ),
            Try((f"{ADDRESS}:1@sha256:{DIGITS}",), "one image, wherever", pushed(first=True)),
        ),
        wrong=(
            Try((f"{ADDRESS}:1",), "ends with a tag: 1", engine(image=SMALL)),
            Try((ADDRESS,), "latest, as none is named", engine(image=SMALL)),
            Try((f"sha256:{DIGITS}",), "an image's ID", engine(image=SMALL)),
            Try((f"{ADDRESS}@sha256:{DIGITS[:12]}",), "has 12 digits", engine()),
            Try((f"hello@sha256:{DIGITS}",), "names no registry", engine()),
            Try((f"{ADDRESS}@sha256:{DIGITS}",), "no image by that", engine(image=SMALL)),
            Try((f"{ADDRESS}@sha256:{DIGITS}",), "pushed after it", pushed(first=False)),
        ),
        secret=r"@sha256",
    ),
]


@pytest.fixture(autouse=True)
def progress(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))


def test_without_an_engine_it_is_said_that_nothing_can_be_looked_at(monkeypatch):
    def unavailable(**_):
        raise EngineUnavailable("stopped", "nothing answers", "start it")

    monkeypatch.setattr(docker_engine, "find", unavailable)
    for exercise in (each.check for each in CASES):
        answer = f"{ADDRESS}@sha256:{DIGITS}" if exercise is check.always_the_same else "hello"
        verdict = exercise(answer)
        assert verdict.kind == "could not look"
        assert verdict.next_step == "start it"
