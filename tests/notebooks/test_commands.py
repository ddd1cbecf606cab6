"""Every command that prose shows exists: of the lab by its own parser, of docker by its CLI."""

import contextlib
import io
import re
import shlex
import subprocess

import nbformat
import pytest

from lab_utils import cli
from lab_utils.paths import NOTEBOOKS, ROOT

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]
PAGES += sorted((NOTEBOOKS / "solutions").glob("*.ipynb")) + sorted(NOTEBOOKS.glob("*.md"))

GROUPS = {
    "buildx": {"build", "du", "imagetools", "inspect", "ls", "prune"},
    "builder": {"build", "prune"},
    "compose": {
        *("build", "config", "cp", "create", "down", "events", "exec", "images", "kill", "logs"),
        *("ls", "pause", "port", "ps", "pull", "push", "restart", "rm", "run", "scale", "start"),
        *("stats", "stop", "top", "unpause", "up", "version", "wait", "watch"),
    },
    "container": {"inspect", "ls", "prune", "rm", "logs", "stats"},
    "context": {"inspect", "ls", "show", "use"},
    "image": {"build", "history", "inspect", "ls", "prune", "pull", "push", "rm", "tag"},
    "network": {"connect", "create", "disconnect", "inspect", "ls", "prune", "rm"},
    "system": {"df", "events", "info", "prune"},
    "volume": {"create", "inspect", "ls", "prune", "rm"},
}
"""Commands of docker that have commands of their own, and those."""

PLAIN = {
    *("attach", "build", "commit", "cp", "create", "diff", "events", "exec", "export", "history"),
    *("images", "import", "info", "inspect", "kill", "load", "login", "logout", "logs", "pause"),
    *("port", "ps", "pull", "push", "rename", "restart", "rm", "rmi", "run", "save", "search"),
    *("start", "stats", "stop", "tag", "top", "unpause", "update", "version", "wait"),
}
LEADING = re.compile(r"^(?:sudo |\$ |[A-Z_]+=\S+ )+")


def prose(path):
    if path.suffix == ".md":
        return path.read_text("utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def commands(program):
    """Page and words of each command of a program that prose shows, in a line or between ticks."""
    found = []
    for path in PAGES:
        text = prose(path)
        fenced = "\n".join(re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```", text, re.S | re.M))
        inline = re.findall(
            r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
        )
        for line in [*fenced.splitlines(), *inline]:
            for part in re.split(r"&&|\|\||;|\|", line):
                bare = LEADING.sub("", part.strip())
                if bare.startswith(program + " "):
                    found.append((path.name, shlex.split(bare.split(" #")[0])[1:]))
    return found


def is_left_open(word):
    """Whether a word stands for others: `...`, `<name>`."""
    return word.strip("…") == "" or word.startswith("<") or set(word) == {"."}


def parses(words):
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            cli._parser().parse_args([word for word in words if not is_left_open(word)])
    except SystemExit:
        return False
    return True


def is_known(words):
    if is_left_open(words[0]):
        return True
    if words[0] in GROUPS:
        second = words[1] if len(words) > 1 else "-"
        return second.startswith("-") or is_left_open(second) or second in GROUPS[words[0]]
    return words[0] in PLAIN or words[0].startswith("-")


def test_there_are_commands_to_look_at():
    assert len(commands("./lab")) > 20
    assert len(commands("docker")) > 2


def test_every_command_of_the_lab_is_one_that_it_takes():
    assert [each for each in commands("./lab") if not parses(each[1])] == []


def test_a_command_that_is_none_would_be_found():
    assert not parses(["upp"])
    assert not parses(["demo", "--procesess"])
    assert not is_known(["compose", "upp"])
    assert not is_known(["imagse"])


def test_every_command_of_docker_is_one_of_dockers():
    assert [each for each in commands("docker") if not is_known(each[1])] == []


@pytest.mark.needs("docker")
@pytest.mark.parametrize("group", ["", *GROUPS])
def test_docker_itself_knows_these_commands(group):
    words = ["docker", *([group] if group else []), "--help"]
    help_text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"^  ([a-z]+)\*? ", help_text, re.M))
    assert (GROUPS[group] if group else PLAIN) <= listed
