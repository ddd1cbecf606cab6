import pytest

from lab_utils import apt, commands
from lab_utils.errors import LabError


def fake_apt(monkeypatch, answers):
    """Replace apt-get: `answers` are what `indextargets` prints, time after time."""
    calls = []

    def run(words, **_):
        calls.append(words[1])
        said = next(answers) if words[1] == "indextargets" else ""
        return commands.Completed(tuple(words), 0, said, "")

    monkeypatch.setattr(commands, "run", run)
    return calls


def test_the_mirror_is_the_one_this_machine_uses(monkeypatch):
    fake_apt(monkeypatch, iter(["http://mirror.example/debian/\nhttp://other.example/\n"]))
    assert apt.mirror() == "http://mirror.example/debian/"


def test_a_machine_that_never_read_its_lists_reads_them_first(monkeypatch):
    calls = fake_apt(monkeypatch, iter(["", "http://mirror.example/debian/\n"]))
    assert apt.mirror() == "http://mirror.example/debian/"
    assert calls == ["indextargets", "update", "indextargets"]


def test_a_machine_without_a_debian_source_is_told(monkeypatch):
    fake_apt(monkeypatch, iter(["", ""]))
    with pytest.raises(LabError, match="no source labelled Debian"):
        apt.mirror()


POLICY = "docker.io:\n  Installed: (none)\n  Candidate: {}\n  Version table:\n"


@pytest.mark.parametrize(
    ("said", "offered"),
    [(POLICY.format("26.1"), True), (POLICY.format("(none)"), False), ("", False)],
)
def test_a_package_is_offered_if_there_is_a_version_to_install(monkeypatch, said, offered):
    monkeypatch.setattr(commands, "run", lambda *_, **__: commands.Completed((), 0, said, ""))
    assert apt.offers("docker.io") is offered
