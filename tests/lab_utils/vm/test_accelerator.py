import pytest

from lab_utils.errors import LabError
from lab_utils.vm import accelerator
from lab_utils.vm.guest import Guest
from lab_utils.vm.machine import Host


@pytest.fixture
def tried(monkeypatch):
    """Those that were tried; what is in `broken` does not boot."""
    asked, broken = [], {}

    def why_not(name, _guest, _host):
        asked.append(name)
        return broken.get(name)

    monkeypatch.setattr(accelerator, "_why_not", why_not)
    return asked, broken


class Anywhere(Host):
    """A host that no guest is ever started on."""

    where = ""
    memory_how = ""
    takes_disks = False
    version = "10"
    accelerators = ("kvm", "tcg")

    def machine(self, server, guest, folder):
        raise LabError("starting QEMU", "no such accelerator", "-")


def guest(folder):
    return Guest(folder / "guest", "9", {}, locked=True)


def test_one_that_opens_and_does_not_boot_gives_way_to_the_next(tried, tmp_path):
    _, broken = tried
    broken["kvm"] = "internal error"
    found = accelerator.probe(guest(tmp_path), Anywhere(), tmp_path)
    assert (found.name, found.refused) == ("tcg", {"kvm": "internal error"})


def test_the_answer_is_kept(tried, tmp_path):
    first = accelerator.probe(guest(tmp_path), Anywhere(), tmp_path)
    assert accelerator.probe(guest(tmp_path), Anywhere(), tmp_path) == first
    assert tried[0] == ["kvm"]


def test_it_is_asked_anew_once_the_machine_has_been_started_again(tried, tmp_path, monkeypatch):
    accelerator.probe(guest(tmp_path), Anywhere(), tmp_path)
    monkeypatch.setattr("psutil.boot_time", lambda: 1.0)
    accelerator.probe(guest(tmp_path), Anywhere(), tmp_path)
    assert tried[0] == ["kvm", "kvm"]


def test_that_none_works_is_not_kept(tried, tmp_path):
    _, broken = tried
    broken |= {"kvm": "no", "tcg": "no"}
    assert accelerator.probe(guest(tmp_path), Anywhere(), tmp_path).name == ""
    broken.clear()
    assert accelerator.probe(guest(tmp_path), Anywhere(), tmp_path).name == "kvm"


def test_what_qemu_refuses_is_no_accelerator(tmp_path, monkeypatch):
    monkeypatch.setattr(accelerator, "CACHE", tmp_path)
    assert accelerator._why_not("kvm", guest(tmp_path), Anywhere()) == "no such accelerator"
