import hashlib
import json

import pytest

from lab_utils.errors import LabError
from lab_utils.vm import debian
from lab_utils.vm.debian import Fetched, Package


def test_files_are_read_out_of_a_package(make_deb):
    deb = make_deb("tool_1_all.deb", {"usr/bin/tool": b"abc", "usr/share/doc/tool": b"long"})
    assert debian.files(deb, lambda path: path.startswith("usr/bin")) == {"usr/bin/tool": b"abc"}


def test_the_lock_file_names_versions_and_hashes_and_no_address():
    text = debian.LOCK.read_text()
    assert "://" not in text
    for package in debian.wanted().packages:
        assert package.version
        assert len(package.sha256) == 64


class Source:
    """Hands out one file in the name of a version."""

    def __init__(self, deb, version):
        self.deb, self.version = deb, version

    def fetch(self, wanted, folder):
        return tuple(Fetched(each, each.name, self.version, self.deb) for each in wanted.packages)


class Nobody:
    def fetch(self, wanted, folder):
        raise LabError("fetching", "nobody is there", "-")


@pytest.fixture
def lock(monkeypatch, tmp_path, make_deb):
    """A lock file with one package of version 1, and that package's file."""
    deb = make_deb("tool_1_all.deb", {"usr/bin/tool": b"abc"})
    digest = hashlib.sha256(deb.read_bytes()).hexdigest()
    packages = {"tool": {"version": "1", "sha256": digest}}
    path = tmp_path / "lock.json"
    path.write_text(json.dumps({"suite": "s", "architecture": "a", "packages": packages}))
    wanted = debian.wanted(path)
    monkeypatch.setattr(debian, "wanted", lambda: wanted)
    return deb


def test_a_source_that_cannot_leaves_it_to_the_next(lock, tmp_path):
    said = []
    found = debian.fetch((Nobody(), Source(lock, "1")), tmp_path, said.append)
    assert [each.path for each in found] == [lock]
    assert said == []


def test_a_version_that_has_left_the_mirror_is_replaced_and_that_is_said(lock, tmp_path):
    said = []
    found = debian.fetch((Source(lock, "2"),), tmp_path, said.append)
    assert not found[0].is_locked
    assert said == ["tool 1 has left the mirror: taking tool 2, signed by Debian"]


def test_a_file_that_is_not_what_the_lock_says_is_refused_and_removed(lock, tmp_path):
    lock.write_bytes(b"tampered with")
    with pytest.raises(LabError, match="SHA-256"):
        debian.fetch((Source(lock, "1"),), tmp_path, print)
    assert not lock.exists()


def test_who_could_not_is_named_where_nobody_could(tmp_path):
    with pytest.raises(LabError, match="nobody is there"):
        debian.fetch((Nobody(),), tmp_path, print)


def test_a_package_is_locked_only_under_its_own_name():
    package = Package("linux-6.1", "6.1.1", "0" * 64)
    assert not Fetched(package, "linux-6.2", "6.1.1", debian.LOCK).is_locked
