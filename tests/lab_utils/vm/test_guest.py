import json
import lzma

import pytest

from lab_utils.vm import debian, guest
from lab_utils.vm.debian import Fetched

FILES = ("vmlinuz", "initrd", "busybox", "www/index.html", "guest.json")


@pytest.fixture
def packages(make_deb):
    modules = {
        f"usr/lib/modules/9/kernel/{each}.ko.xz": lzma.compress(each.encode())
        for each in guest.MODULES
    }
    kernel = make_deb("linux.deb", {"boot/vmlinuz-9-cloud": b"kernel", **modules})
    busybox = make_deb("busybox.deb", {"usr/bin/busybox": b"all in one"})
    named = zip(debian.wanted().packages, (busybox, kernel), strict=True)
    return tuple(Fetched(each, each.name, each.version, path) for each, path in named)


def test_the_same_packages_are_the_same_bytes(packages, tmp_path):
    first, second = guest.build(packages, tmp_path / "1"), guest.build(packages, tmp_path / "2")
    for name in FILES:
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_it_says_what_it_is_made_of(packages, tmp_path):
    made = guest.build(packages, tmp_path)
    assert made.release == "9-cloud"
    assert made.locked
    assert made.packages == {each.name: each.version for each in debian.wanted().packages}


def test_modules_come_unpacked_and_in_the_order_they_are_loaded_in(packages, tmp_path):
    initrd = guest.build(packages, tmp_path).initrd.read_bytes()
    places = [initrd.index(module.encode()) for module in guest.MODULES]
    assert places == sorted(places)


def test_it_is_made_once(packages, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(debian, "fetch", lambda *_: asked.append(1) or packages)
    assert guest.known(tmp_path) is None
    assert guest.tiny(cache=tmp_path) == guest.tiny(cache=tmp_path) == guest.known(tmp_path)
    assert asked == [1]


def test_one_of_another_recipe_gives_way(packages, tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "fetch", lambda *_: packages)
    old = tmp_path / "guest-of-yore"
    old.mkdir()
    guest.tiny(cache=tmp_path)
    assert not old.exists()


@pytest.mark.needs("vm")
def test_the_real_one_is_the_same_bytes_when_it_is_made_again(tmp_path):
    made = guest.tiny()
    packages = debian.fetch(guest.sources(print), guest.CACHE / "packages", print)
    again = guest.build(packages, tmp_path)
    for name in FILES:
        assert (made.folder / name).read_bytes() == (again.folder / name).read_bytes()
    assert json.loads((tmp_path / "guest.json").read_text())["locked"] == again.locked
