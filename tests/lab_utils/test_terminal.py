import socket
from dataclasses import asdict

import pytest

from lab_utils import docker_engine, images, recorded, terminal
from lab_utils.build_log import Build, Step
from lab_utils.commands import Completed
from lab_utils.docker_engine import EngineUnavailable, ImageFacts
from lab_utils.errors import LabError
from lab_utils.paths import ROOT
from lab_utils.recorded import Tape
from lab_utils.self_test import TEST_PROJECT
from lab_utils.terminal import Said, Terminal

LESSON = "a_lesson"
LABELS = ["--label=lab=mine", "--label=lab.lesson=a_lesson"]
BUILD = Build("hello:1", (Step("1/1", "COPY a ."),))
IMAGE = ImageFacts("recitation/hello:1", "sha256:a", 1, "", (), ())


class Typed:
    """An engine that notes what is typed, and says what it is told to."""

    def __init__(self, exit_code=0, stdout="well\n", stderr=""):
        self.words = []
        self.said = Completed(("docker",), exit_code, stdout, stderr)

    def type(self, words, *, timeout):
        self.words.append(words)
        return self.said


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    monkeypatch.delenv("LAB_RECORD", raising=False)


@pytest.fixture
def unrecorded():
    return Terminal(LESSON, None, Tape.of(LESSON))


@pytest.fixture
def replaying(monkeypatch):
    """A terminal without an engine, and a tape of a day's work."""
    with monkeypatch.context() as patch:
        patch.setenv("LAB_RECORD", "1")
        tape = Tape.of(LESSON)
        tape.rewind()
        tape.keep("docker ps", asdict(Said("nothing runs", 3, 2.0)))
        tape.keep("curl http://127.0.0.1:8004", asdict(Said("hello")))
        tape.keep(
            "docker build --file D --tag hello:1 .",
            asdict(Build("hello:1", (Step("1/1", "COPY a ."),))),
        )
        tape.keep("image hello:1", asdict(IMAGE))
    return Terminal(LESSON, None, Tape.of(LESSON))


def typing(engine):
    return Terminal(LESSON, engine, Tape.of(LESSON), project="mine")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "run --rm hello",
            ["run", *LABELS, "--rm", "hello"],
        ),
        (
            "volume create v",
            ["volume", "create", *LABELS, "v"],
        ),
        ("ps --all", ["ps", "--all"]),
        ("exec box sh -c 'ls; id'", ["exec", "box", "sh", "-c", "ls; id"]),
        ("cp $PWD/lab box:/", ["cp", f"{ROOT}/lab", "box:/"]),
    ],
)
def test_what_is_typed_is_what_the_engine_gets_and_what_it_makes_is_labelled(line, words):
    engine = Typed()
    typing(engine).docker(line)
    assert engine.words == [words]


def test_a_command_is_shown_with_all_that_it_says(capsys):
    said = typing(Typed(stderr="a warning\n")).docker("ps")
    assert capsys.readouterr().out == "$ docker ps\nwell\na warning\n"
    assert said.text == "well\na warning"


def test_a_command_that_fails_shows_its_exit_code_and_raises_nothing(capsys):
    said = typing(Typed(exit_code=127, stdout="")).docker("run hello ls")
    assert said.exit_code == 127
    assert capsys.readouterr().out.endswith("\n(exit code 127)\n")


def test_without_an_engine_the_tape_answers_and_says_that_it_is_recorded(replaying, capsys):
    assert replaying.docker("ps").exit_code == 3
    assert "nothing runs\n(exit code 3, 2.0 s, recorded " in capsys.readouterr().out
    assert replaying.get("http://127.0.0.1:8004").text == "hello"
    assert replaying.image("hello:1") == IMAGE


def test_a_build_from_the_tape_is_shown_as_recorded(replaying, tmp_path):
    build = replaying.build(tmp_path, "D", "hello:1")
    assert build.steps == BUILD.steps
    assert "recorded" in build.to_html()


def test_what_nobody_recorded_is_said_to_be_missing(unrecorded, tmp_path, capsys):
    assert unrecorded.docker("ps").text == ""
    assert "nobody has recorded this" in capsys.readouterr().out
    with pytest.raises(LabError, match="nobody has recorded this"):
        unrecorded.build(tmp_path, "D", "hello:1")
    with pytest.raises(LabError, match="nobody has recorded this"):
        unrecorded.image("hello:1")


def test_a_terminal_without_an_engine_says_how_to_get_one(monkeypatch):
    def unavailable(**_):
        raise EngineUnavailable("stopped", "nothing answers at x", "start it")

    monkeypatch.setattr(docker_engine, "find", unavailable)
    said = []
    here = terminal.open_for(LESSON, said.append)
    assert here.engine is None
    assert "nothing answers at x" in said[0]
    assert "start it" in said[0]
    here.clean_up(said.append)
    assert said[-1] == "nothing was made here, so nothing is removed"


def test_a_port_that_is_taken_is_left_to_whoever_has_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert terminal._free(port) != port


def test_a_service_that_never_answers_is_told_as_curl_tells_it(monkeypatch):
    monkeypatch.setattr(terminal, "STARTING", 0.0)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        said = terminal._answer(f"http://127.0.0.1:{closed.getsockname()[1]}")
    assert said.exit_code == 7
    assert said.text.startswith("nobody answers: ")


@pytest.fixture
def live(engine):
    base = images.python_base(engine, print).name
    here = Terminal(LESSON, engine, Tape.of(LESSON), base, TEST_PROJECT)
    yield here
    engine.remove_all(TEST_PROJECT, label=f"lab.lesson={LESSON}")


@pytest.mark.needs("docker")
def test_a_lesson_removes_what_it_made_and_nothing_of_its_neighbours(live, tmp_path):
    name = f"{TEST_PROJECT}-neighbour"
    neighbour = live.engine.client.containers.create(
        live.base, name=name, labels={"lab": TEST_PROJECT}
    )
    (tmp_path / "Dockerfile").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN echo hello > /a\n"
    )
    try:
        live.docker(f"volume create {TEST_PROJECT}-v")
        build = live.build(tmp_path, "Dockerfile", f"{TEST_PROJECT}/lesson:1")
        said = live.docker(f"run --name {TEST_PROJECT}-box {TEST_PROJECT}/lesson:1 cat /a")
        removed = []
        live.clean_up(removed.append)
        assert (said.text, [step.what for step in build.steps]) == (
            "hello",
            ["RUN echo hello > /a"],
        )
        assert set(removed) == {
            f"removed container {TEST_PROJECT}-box",
            f"removed volume {TEST_PROJECT}-v",
            f"removed image {TEST_PROJECT}/lesson:1",
        }
        assert live.engine.container(name) is not None
        assert live.engine.has_image(live.base)
    finally:
        neighbour.remove(force=True)
