import pytest

from lab_utils.errors import LabError
from lab_utils.vm import hosts, qemu


def test_this_machines_own_qemu_comes_first(monkeypatch):
    monkeypatch.setattr(qemu, "version", lambda: "9.9")
    assert hosts.find().name == "QEMU 9.9"


@pytest.mark.needs("docker")
def test_without_it_a_container_stands_in(monkeypatch):
    monkeypatch.setattr(qemu, "version", lambda: None)
    assert hosts.find().where == " in a container"


def test_without_either_both_are_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(qemu, "version", lambda: None)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nobody.sock")
    with pytest.raises(LabError) as error:
        hosts.find()
    assert "no `qemu-system-x86_64`" in error.value.found
    assert "no engine" in error.value.found
    assert "apt-get install qemu-system-x86" in error.value.next_step
