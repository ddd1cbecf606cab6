"""The exercises of notebook 02: each judge looks at what is on the engine (`seen.py`)."""

from __future__ import annotations

import re

from lab_utils.build_log import Build
from lab_utils.checks import answers, seen
from lab_utils.checks.exercise import NotYet, exercise
from lab_utils.commands import CommandFailed
from lab_utils.docker_engine import PROJECT, ContainerFacts, EngineUnavailable, ImageFacts
from lab_utils.docker_engine.trial import Trial
from lab_utils.errors import LabError

MB = 1_000_000
ROOM = 30 * MB
"""Bytes that an image may add to its base in 02.2."""

IN_TIME = 1.5
"""Seconds after which a container that hears SIGTERM has ended, on a slow machine too."""

FIRST_PUSHED = f"{PROJECT}/{seen.APP}:two-stages"
"""The image that is pushed first before 02.6, by its name here."""

SIGKILL, SIGTERM = 137, 143
"""Exit codes of what a signal ended: 128 and the signal's number."""


@exercise(
    "02.1",
    "A Dockerfile that keeps its packages when the app changes",
    hint="A step is made anew when what it copies has changed, and so are all steps after it. "
    "What does the step that installs need to have been copied before it, and what not?",
    answer="COPY requirements.txt before the RUN that installs, and COPY . . after it: the step "
    "that installs then depends on the list of packages alone, and an edit of app.py comes later.",
)
def keeps_packages(dockerfile: object) -> str:
    """Build twice, with an edit of the app in between, and look at what was made anew."""
    name = answers.text(dockerfile)
    _, again = _built_twice(name)
    install = again.step("pip install")
    if install is None:
        raise NotYet(
            f"{name} builds, and none of its {len(again.steps)} steps has `pip install` in it",
            "an image with Flask in it: without, the app cannot start",
            "begin with a copy of the first Dockerfile, and move its lines",
        )
    if not again.made_anew:
        raise NotYet(
            f"after an edit of app.py, all {len(again.steps)} steps came from the cache",
            "the edited app in the image: as it is, it can never get in",
            "look which line copies app.py; there is none",
        )
    if install.state != "cached":
        raise NotYet(
            f"after an edit of app.py, the packages were installed again ({install.seconds:.1f} s)",
            "packages from the cache: their list has not changed",
            "look at what is copied before they are installed: is the app among it?",
        )
    return (
        f"after an edit of app.py, {len(again.steps) - len(again.made_anew)} of "
        f"{len(again.steps)} steps came from the cache, the packages among them; the rest took "
        f"{again.seconds:.1f} s"
    )


def _built_twice(name: str) -> tuple[Build, Build]:
    try:
        return seen.rebuilt(name)
    except CommandFailed as failed:
        said = (failed.completed.stderr or failed.completed.stdout).strip().splitlines()
        why = next((line for line in reversed(said) if "ERROR" in line), said[-1] if said else "")
        raise NotYet(
            f"{name} does not build: {why}",
            "a Dockerfile that builds",
            "read the line from its end: the last words say what is wrong",
        ) from None
    except EngineUnavailable:
        raise
    except LabError as missing:
        wanted = "the name of a Dockerfile on your bench"
        raise NotYet(missing.found, wanted, missing.next_step) from None


@exercise(
    "02.2",
    "Small, and harmless",
    hint="Two stages: one that installs, and one that starts afresh from the base, takes only what "
    "the first has made, and ends with a line that says who it runs as.",
    answer="A first stage `FROM ${BASE_IMAGE} AS build` installs requirements-needed.txt into "
    "/venv; a second one copies /venv and app.py and has USER 10001:10001. What builds is left "
    "behind.",
)
def small_and_harmless(image: object) -> str:
    """Look at an image's size and user, and start it."""
    name, found = _image(image)
    base = seen.base()
    more = found.size - base.size
    if more > ROOM:
        raise NotYet(
            f"{name} has {found.size / MB:.0f} MB, {more / MB:.0f} MB more than its base",
            f"at most {ROOM / MB:.0f} MB more than the base of {base.size / MB:.0f} MB",
            f"`print(layers.history(here.image({name!r})))` shows what each layer weighs: look at "
            "the heaviest, and whether the app ever uses it",
        )
    if found.is_root:
        raise NotYet(
            f"{name} is small ({more / MB:+.0f} MB), and its processes run as root: "
            + (f"its user is {found.user}" if found.user else "it says nobody else"),
            "another user: who breaks into the app should not be root",
            "a Dockerfile has an instruction that says who everything after it runs as",
        )
    _demand_answer(name, seen.trial(name))
    return f"{name} has {more / MB:+.0f} MB to its base, runs as user {found.user}, and answers"


def _demand_answer(name: str, trial: Trial) -> None:
    if not trial.answered:
        last = trial.said.splitlines()[-1] if trial.said else "nothing"
        raise NotYet(
            f"a container of {name} never answered on port 8000; its last line: {last}",
            "the app, at work",
            "start one with `docker run` and read all it says with `docker logs`",
        )


def _image(answer: object) -> tuple[str, ImageFacts]:
    name = answers.text(answer.image if isinstance(answer, Build) else answer)
    if (found := seen.image(name)) is None:
        raise NotYet(
            f"this engine has no image {name}",
            "the name of one that you have built, with its tag",
            "`docker images` lists them all: build it, or look for a slip of the pen",
        )
    return name, found


@exercise(
    "02.3",
    "An app that ends when it is told to",
    hint="Python's module `signal` lets you name a function that is called when a signal arrives; "
    "`sys.exit(0)` in it ends the program. And the shell must not stand in between.",
    answer="In the app: `signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))`; in the Dockerfile "
    'CMD ["/venv/bin/python", "app.py"] with brackets, so that Python itself gets the signal.',
)
def ends_when_told(image: object) -> str:
    """Start a container, stop it, and look at its exit code."""
    name, _ = _image(image)
    trial = seen.trial(name)
    _demand_answer(name, trial)
    if trial.exit_code == SIGKILL:
        raise NotYet(
            f"SIGTERM came and nothing happened; after {trial.seconds:.0f} s it was killed (137)",
            "an app that hears SIGTERM",
            "look at two things: is Python process 1 (`docker top`), and does the app say what to "
            "do when that signal comes?",
        )
    if trial.exit_code == SIGTERM:
        raise NotYet(
            "SIGTERM ended it at once and on the spot (143): what it was doing is left half done",
            "an app that ends by itself: it finishes, then says that all is well",
            "the app itself has to decide how it ends: give it something to call",
        )
    if trial.exit_code != 0:
        last = trial.said.splitlines()[-1] if trial.said else "nothing"
        raise NotYet(
            f"it heard SIGTERM and ended with exit code {trial.exit_code}; its last line: {last}",
            "the exit code that says that all is well",
            "look at the last line: what is called when the signal comes has failed, or says "
            "itself that something went wrong",
        )
    if trial.seconds > IN_TIME:
        raise NotYet(
            f"it ended well, but only after {trial.seconds:.1f} s",
            "an end at once, as nobody was being served",
            "look for something that waits in what is called when the signal comes",
        )
    return f"SIGTERM came, and it ended by itself after {trial.seconds:.1f} s with exit code 0"


@exercise(
    "02.4",
    "Visits that outlive their container",
    hint="`docker run` can mount a volume with a name over the folder in which the app writes. "
    "To see that it works, remove the container and start another one with the same volume.",
    answer="`--mount type=volume,src=<name>,dst=/data` when the container is run, some visits, "
    "then remove it and run a new one with the same volume: it goes on counting where the first "
    "ended.",
)
def outlives(container: object) -> str:
    """Look where a container's data are, and whether some are older than itself."""
    found = _running(container)
    at = {mount.target.rstrip("/"): mount for mount in found.mounts}
    if "/data" not in at:
        elsewhere = ", ".join(at) or "nothing"
        raise NotYet(
            f"in {found.name} is mounted: {elsewhere}; /data is in its own writable layer",
            "something from outside where the app writes its file",
            "when the container goes, its writable layer goes: what could be put over /data?",
        )
    mount = at["/data"]
    if mount.kind == "tmpfs":
        raise NotYet(
            "/data is a tmpfs: it is in the computer's memory",
            "a place that is still there when the container is not",
            "memory is forgotten with the container: take another kind of mount",
        )
    if mount.kind == "bind":
        raise NotYet(
            "/data is a bind mount: a folder of this computer, with its paths and its users",
            "a place that the engine keeps, and that any computer has",
            "it does outlive the container; now do it with a volume",
        )
    if re.fullmatch(r"[0-9a-f]{64}", mount.name):
        raise NotYet(
            "/data is a volume without a name: no other container would ever find it",
            "a volume that the next container can ask for",
            "give it a name of yours",
        )
    counted, own = seen.visits(found.name)
    if not counted:
        raise NotYet(
            f"no visit is counted in the volume {mount.name} yet",
            "some visits, and a container that is younger than they are",
            "visit the app, then replace its container by another one",
        )
    if counted <= own:
        raise NotYet(
            f"{found.name} has counted {counted} visits, and has answered all of them itself",
            "some from before its time: as yet nothing shows that they outlive a container",
            "remove this container, and start another one in its place that finds its volume",
        )
    return (
        f"{found.name} has answered {own} visits and counts {counted}: {counted - own} are from "
        f"before its time, kept in the volume {mount.name}"
    )


def _running(answer: object) -> ContainerFacts:
    name = answers.text(answer)
    if (found := seen.container(name)) is None:
        raise NotYet(
            f"this engine has no container {name}",
            "the name of a container that you have started",
            "`docker ps --all` lists them all, the ended ones too",
        )
    if found.status != "running":
        killed = ", for want of memory" * found.oom_killed
        raise NotYet(
            f"{name} does not run: it is {found.status}, with exit code {found.exit_code}{killed}",
            "a container that runs",
            f"`docker logs {name}` has its last words: what did it miss?",
        )
    return found


@exercise(
    "02.5",
    "As little as it needs",
    hint="`docker run --help` has all the words: look for a file system that is read only, for "
    "capabilities to drop, for security options, and for memory. The app writes to /data alone.",
    answer="`--read-only --mount type=volume,dst=/data --cap-drop ALL --security-opt "
    "no-new-privileges --memory 128m` with an image whose user is not root.",
)
def as_little_as_it_needs(container: object) -> str:
    """Look at what a running container may do."""
    found = _running(container)
    name = found.name
    if found.privileged:
        raise NotYet(
            f"{name} is privileged: to the engine's computer it is as good as root",
            "fewer rights than by default, not more",
            "leave that word out; nothing here needs it",
        )
    if found.is_root:
        raise NotYet(
            f"the processes of {name} run as root",
            "another user",
            "take an image that says so, or say so when it is run",
        )
    if not found.read_only:
        raise NotYet(
            f"whoever breaks into {name} can change the app itself: its files can be written",
            "a root file system that nobody can write to",
            "forbid it, and give the app the one folder that it writes to from outside",
        )
    if found.dropped != ("ALL",) or found.added:
        left = ", ".join(found.added) or "the default ones"
        raise NotYet(
            f"{name} has capabilities of root left: {left}",
            "none: a web service on port 8000 needs not one of them",
            "drop them all at once",
        )
    if not found.no_new_privileges:
        raise NotYet(
            f"a program in {name} that belongs to root could still make its caller root",
            "processes that never gain what they did not start with",
            "there is a security option for it",
        )
    if not found.memory:
        raise NotYet(
            f"{name} may use all the memory of this computer",
            "an upper limit: then a leak ends the container, and not its neighbours",
            "the app needs about 40 MB: be generous, but not without end",
        )
    if not seen.serves(name):
        raise NotYet(
            f"{name} is safe, and of no use: a visit to it fails",
            "an app that answers, and counts the visit in its file",
            f"`docker logs {name}`: what did it want to write, and where?",
        )
    writable = ", ".join(mount.target for mount in found.mounts)
    return (
        f"{name} answers, runs as user {found.user}, writes to {writable} only, has no "
        f"capabilities, gains none, and has {found.memory / 2**20:.0f} MiB"
    )


@exercise(
    "02.6",
    "The same image, tomorrow too",
    hint="When an image is pushed, the registry answers with a fingerprint of all that is in it. "
    "A reference can end with that in place of a tag.",
    answer="`127.0.0.1:<port>/<repository>@sha256:<64 digits>`: a digest is made of the content, "
    "so another image cannot have it. A tag is a note that anyone may stick on another image.",
)
def always_the_same(reference: object) -> str:
    """Look whether a reference can ever mean another image, and whether it means one now."""
    name = answers.text(reference)
    repository, _, digest = name.partition("@")
    if re.fullmatch(r"(sha256:)?[0-9a-f]{12,64}", name):
        raise NotYet(
            f"{name[:19]}… is an image's ID: it says what, and not where from",
            "a reference that another computer can pull by",
            "put the registry and the repository before it; and of the two fingerprints take the "
            "one that the registry gave",
        )
    if not digest:
        tag = repository.rpartition("/")[2].partition(":")[2] or "latest, as none is named"
        raise NotYet(
            f"{name} ends with a tag: {tag}",
            "something that nobody can move to another image",
            "you moved that very tag a moment ago: what stayed the same?",
        )
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise NotYet(
            f"the fingerprint has {len(digest.removeprefix('sha256:'))} digits after its colon",
            "all 64 of them",
            "copy the whole of it: a push ends with it",
        )
    if "/" not in repository:
        raise NotYet(
            f"{repository} names no registry: Docker would ask Docker Hub",
            "the address of the registry that has it",
            "begin with the address that you pushed to",
        )
    found = seen.image(name)
    place, _, last = repository.rpartition("/")
    without_tag = f"{place}/{last.partition(':')[0]}@{digest}"
    if found is None or without_tag not in found.digests:
        raise NotYet(
            "this engine knows no image by that fingerprint from there",
            "one that was pushed to that registry, or pulled from it",
            "look at the last line that the push said; an image's ID is another number",
        )
    first = seen.image(FIRST_PUSHED)
    if first is not None and found.id != first.id:
        raise NotYet(
            "the fingerprint of another image than the first: it was pushed after it",
            "the first image that was pushed",
            "each push ends with its fingerprint: look at what the first one said",
        )
    return f"{name[: name.index('@') + 20]}… is one image, wherever and whenever it is pulled"
