import subprocess

import pytest

from lab_utils.errors import LabError
from lab_utils.vm import debian, sources
from lab_utils.vm.debian import Package, Wanted
from lab_utils.vm.sources import SCRIPT, Kept

WANTED = Wanted("s", "amd64", (Package("linux-1", "1:2-3", "0" * 64, "linux"),))


def test_what_was_fetched_before_is_found_under_the_name_apt_gives_it(tmp_path):
    (tmp_path / "linux-1_1%3a2-3_amd64.deb").touch()
    (tmp_path / "linux-2_9_amd64.deb").touch()
    (found,) = Kept().fetch(WANTED, tmp_path)
    assert found.is_locked


def test_another_version_kept_from_before_does_not_do(tmp_path):
    (tmp_path / "linux-2_9_amd64.deb").touch()
    with pytest.raises(LabError, match="not those wanted"):
        Kept().fetch(WANTED, tmp_path)


@pytest.fixture
def apt_that_has(tmp_path, monkeypatch):
    """Programs in place of apt's, on whose mirror one version of linux is."""

    def have(version):
        programs = {
            "apt-get": "#!/bin/sh\n[ $1 = update ] && exit\n"
            f'case $3 in linux-1|*={version}) touch "$3" ;; *) exit 1 ;; esac',
            "apt-cache": "#!/bin/sh\necho '  Depends: linux-1'",
        }
        (tmp_path / "bin").mkdir()
        for name, text in programs.items():
            (tmp_path / "bin" / name).write_text(text)
            (tmp_path / "bin" / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    return have


@pytest.mark.needs("posix")
@pytest.mark.parametrize(("on_mirror", "taken"), [("2", "linux-1=2"), ("3", "linux-1")])
def test_the_newest_is_taken_where_the_locked_version_has_gone(
    apt_that_has, tmp_path, on_mirror, taken
):
    apt_that_has(on_mirror)
    folder = tmp_path / "packages"
    folder.mkdir()
    subprocess.run(["sh", SCRIPT, folder, "linux-1", "2", "linux"], check=True)
    assert [path.name for path in folder.iterdir()] == [taken]


@pytest.mark.needs("docker", "network")
def test_a_container_fetches_them_where_this_machine_has_no_apt(tmp_path, engine):
    small = Wanted(debian.wanted().suite, "amd64", debian.wanted().packages[:1])
    (found,) = sources.ContainerApt(print).fetch(small, tmp_path)
    assert found.name == "busybox-static"
    assert debian.files(found.path, lambda path: path == "usr/bin/busybox")
