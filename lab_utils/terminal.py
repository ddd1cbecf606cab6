"""A place to type docker commands in a notebook, and to see what they say.

With an engine everything happens on it, and carries a label by which it is found and removed.
Without one, what the lesson's commands said once is shown from its tape, marked as recorded.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
from IPython.display import DisplayHandle

from lab_utils import build_log, docker_engine, images, ports
from lab_utils.build_log import Build
from lab_utils.docker_engine import PROJECT, Engine, EngineUnavailable, ImageFacts
from lab_utils.errors import LabError
from lab_utils.paths import ROOT
from lab_utils.recorded import Tape

Say = Callable[[str], None]

LABELLED = (("run",), ("create",), ("volume", "create"), ("network", "create"))
"""Commands that make something, and take `--label`."""

PORTS = {"app": 8004, "registry": 5001}
"""What lessons publish, and where; another free port if that one is taken."""

PATIENCE = 60.0
"""Seconds that a command may take."""

STARTING = 15.0
"""Seconds that a service may take until it answers for the first time."""

WORTH_SAYING = 0.5
"""Seconds from which on it is said how long a command took."""


@dataclass(frozen=True)
class Said:
    """What a command, or a service, said.

    Attributes:
        text: both streams, without the end of the last line.
        exit_code: 0 if all went well.
        seconds: it took.
    """

    text: str
    exit_code: int = 0
    seconds: float = 0.0

    def _ipython_display_(self) -> None:
        """Nothing: it was printed when it was said."""


@dataclass(frozen=True)
class Terminal:
    """What a lesson types, live on an engine or as it was recorded.

    Attributes:
        lesson: its name, and the value of the label `lab.lesson` on all that it makes.
        engine: where it happens; None where none answers.
        tape: what was said, for computers without an engine.
        base: the image that the lesson's images are built on.
        project: begins the name of everything it makes.
        ports: where on 127.0.0.1 its containers publish what.
    """

    lesson: str
    engine: Engine | None
    tape: Tape
    base: str = images.PYTHON_BASE
    project: str = PROJECT
    ports: dict[str, int] = field(default_factory=lambda: dict(PORTS))

    @property
    def labels(self) -> tuple[str, str]:
        """On everything that is made here."""
        return f"lab={self.project}", f"lab.lesson={self.lesson}"

    def docker(self, line: str) -> Said:
        """Type `docker <line>`, print what it says, and return it.

        As in a terminal, a command that fails raises nothing: its exit code is shown. `$PWD` is
        the lab's folder.

        Raises:
            LabError: it was not done within a minute.
        """
        print(f"$ docker {line}")

        def ask(engine: Engine) -> dict[str, Any]:
            start = time.monotonic()
            words = shlex.split(line.replace("$PWD", str(ROOT)))
            done = engine.type(self._labelled(words), timeout=PATIENCE)
            text = (done.stdout + done.stderr).rstrip()
            return asdict(Said(text, done.exit_code, round(time.monotonic() - start, 1)))

        return self._printed(self._heard(f"docker {line}", ask))

    def get(self, url: str) -> Said:
        """Ask a service in a container for a page, print what it says, and return it.

        A service that was started a moment ago is waited for.
        """
        print(f"$ curl {url}")
        return self._printed(self._heard(f"curl {url}", lambda _engine: asdict(_answer(url))))

    def build(self, folder: Path, dockerfile: str, image: str) -> Build:
        """Build an image, and show each step as it goes.

        Args:
            folder: what the build sees.
            dockerfile: the name of a Dockerfile in it.
            image: the name of what is made.

        Raises:
            CommandFailed: a step failed; the error ends with the builder's last lines.
            LabError: no engine answers, and nobody has recorded this build.
        """
        command = f"docker build --file {dockerfile} --tag {image} ."
        print(f"$ {command}")
        shown: Any = DisplayHandle()  # type: ignore[no-untyped-call]
        shown.display(_Steps(Build(image)))

        def follow(engine: Engine) -> dict[str, Any]:
            build = Build(image)
            lines = self.build_lines(engine, folder, dockerfile, image)
            for build in build_log.following(lines, image):
                shown.update(_Steps(build))
            return asdict(build)

        recorded = self.tape.day if self.engine is None else ""
        build = Build.from_dict(self._demanded(command, follow), recorded)
        shown.update(_Steps(build))
        return build

    def build_lines(
        self, engine: Engine, folder: Path, dockerfile: str, image: str
    ) -> Iterator[str]:
        """Build an image as this lesson does: on its base, with its labels, behind a proxy too."""
        return engine.build_lines(
            folder,
            image,
            dockerfile=dockerfile,
            arguments={"BASE_IMAGE": self.base},
            labels=self.labels,
            ca=images.ca_bundle(),
        )

    def image(self, name: str) -> ImageFacts:
        """What is known of an image.

        Raises:
            LabError: there is no such image, or no engine and no record of it.
        """

        def look(engine: Engine) -> dict[str, Any]:
            if (found := engine.image(name)) is None:
                raise LabError(
                    f"looking at the image {name}",
                    "this engine has none of that name",
                    "build it first: run the cells above",
                )
            return asdict(found)

        return ImageFacts.from_dict(self._demanded(f"image {name}", look))

    def clean_up(self, say: Say) -> None:
        """Remove the containers, volumes, networks and images that this lesson made, and no more.

        The base image stays, and so does the build cache, which is shared with all projects.
        """
        if self.engine is None:
            say("nothing was made here, so nothing is removed")
            return
        for what in self.engine.remove_all(self.project, label=self.labels[1], kept=say):
            say(f"removed {what}")

    def _heard(self, command: str, ask: Callable[[Engine], Any]) -> Any:
        """What is said to a command: now, or on the tape; None if it is on neither."""
        if self.engine is None:
            return self.tape.replayed(command)
        said = ask(self.engine)
        self.tape.keep(command, said)
        return said

    def _demanded(self, command: str, ask: Callable[[Engine], Any]) -> Any:
        said = self._heard(command, ask)
        if said is None:
            raise LabError(
                f"showing `{command}` as it was recorded",
                "no Docker Engine answers here, and nobody has recorded this",
                "go on with the next cell; `./lab doctor` says how to get an engine",
            )
        return said

    def _printed(self, heard: dict[str, Any] | None) -> Said:
        if heard is None:
            print("(no Docker Engine answers here, and nobody has recorded this)")
            return Said("")
        said = Said(**heard)
        if said.text:
            print(said.text)
        notes = [f"exit code {said.exit_code}"] * bool(said.exit_code)
        notes += [f"{said.seconds:.1f} s"] * (said.seconds >= WORTH_SAYING)
        notes += [f"recorded {self.tape.day}"] * (self.engine is None)
        if notes:
            print(f"({', '.join(notes)})")
        return said

    def _labelled(self, words: Sequence[str]) -> list[str]:
        for command in LABELLED:
            if tuple(words[: len(command)]) == command:
                labels = [f"--label={label}" for label in self.labels]
                return [*command, *labels, *words[len(command) :]]
        return list(words)


def open_for(lesson: str, say: Say) -> Terminal:
    """A terminal for a lesson: live where an engine answers, else as it was recorded.

    Containers that an earlier, interrupted run of the lesson left behind are removed.

    Args:
        lesson: the name of its module of checks: `images_and_containers`.
        say: told which of the two it is, and how to get an engine.

    Raises:
        LabError: an engine answers, but no base image can be had.
    """
    try:
        engine = docker_engine.find(with_compose=False)
    except EngineUnavailable as missing:
        tape = Tape.of(lesson, _aliases(images.PYTHON_BASE, PORTS))
        say(
            f"No Docker Engine answers here ({missing.found}), so nothing is built or started. "
            f"What you see is what the same commands said on {tape.day}: "
            f"it is marked `recorded`.\nTo do it yourself: {missing.next_step}"
        )
        return Terminal(lesson, None, tape)
    base = images.python_base(engine, say)
    engine.remove_containers(f"lab={PROJECT}", f"lab.lesson={lesson}")
    published = {name: _free(port) for name, port in PORTS.items()}
    tape = Tape.of(lesson, _aliases(base.name, published))
    tape.rewind(engine=engine.version, base=base.origin)
    say(f"Docker Engine {engine.version} answers. Images are built on {base.name}: {base.origin}.")
    return Terminal(lesson, engine, tape, base.name, ports=published)


def _aliases(base: str, published: dict[str, int]) -> dict[str, str]:
    """What is other in each room, and how it is called on a tape."""
    own = {base: images.PYTHON_BASE, f"{PROJECT}/": "recitation/", f"{PROJECT}-": "recitation-"}
    return own | {f":{published[name]}": f":{port}" for name, port in PORTS.items()}


def _free(port: int) -> int:
    return port if ports.is_free(port) else ports.free_port()


def _answer(url: str) -> Said:
    """What a GET brings; a connection that is refused is tried again for a while."""
    deadline = time.monotonic() + STARTING
    while True:
        try:
            response = httpx.get(url, timeout=5, trust_env=False)
            break
        except httpx.HTTPError as error:
            if time.monotonic() > deadline:
                return Said(f"nobody answers: {error}", 7)
            time.sleep(0.05)
    return Said(response.text.rstrip(), 0 if response.is_success else 22)


class _Steps:
    """A build as a notebook shows it."""

    def __init__(self, build: Build) -> None:
        self.build = build

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.build.to_html(), "text/plain": repr(self.build)}
