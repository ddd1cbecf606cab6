"""Who can fetch Debian packages here: this machine's apt, or the apt of the lab's base image."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

from lab_utils import apt, commands, docker_engine, images
from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS
from lab_utils.vm.debian import Fetched, Package, Source, Wanted

Say = Callable[[str], None]

SCRIPT = CONTAINERS / "vm_guest" / "fetch.sh"
TIMEOUT = 300.0
"""Seconds for 36 MB of packages and the index of their suite to arrive."""

IN_CONTAINER = """\
echo 'APT::Architecture "amd64";' > /etc/apt/apt.conf.d/guest
mkdir /packages
set -- /packages "$@"
"""
"""Before the script: the guest's architecture, which on an Arm machine is not the container's."""

DOING = "fetching the guest's Debian packages"


@dataclass(frozen=True)
class HostApt:
    """This machine's apt, with lists and cache of its own: no root, and nothing here changes.

    Mirror, keys and proxies are this machine's.
    """

    def fetch(self, wanted: Wanted, folder: Path) -> tuple[Fetched, ...]:
        """The packages, by apt.

        Raises:
            LabError: there is no apt, it knows no Debian mirror, or the mirror fails.
        """
        if not commands.have("apt-get"):
            raise LabError(DOING, "this machine has no apt", "use a Docker Engine's")
        with TemporaryDirectory() as own:
            config = _own_apt(Path(own), wanted)
            commands.run(
                ["sh", SCRIPT, folder, *_words(wanted)],
                doing=DOING,
                environment={**os.environ, "APT_CONFIG": str(config)},
                timeout=TIMEOUT,
            )
        return _arrived(wanted, folder)


@dataclass(frozen=True)
class ContainerApt:
    """The apt of the lab's base image, which is Debian's, in a container that ends with it."""

    say: Say

    def fetch(self, wanted: Wanted, folder: Path) -> tuple[Fetched, ...]:
        """The packages, by apt.

        Raises:
            LabError: no engine answers, or no base image can be had, or its mirror fails.
        """
        engine = docker_engine.find(with_compose=False)
        base = images.python_base(engine, self.say)
        packed = engine.run_for_folder(
            base.name,
            ["sh", "-ec", IN_CONTAINER + SCRIPT.read_text("utf-8"), "fetch", *_words(wanted)],
            "/packages",
            doing=DOING,
            timeout=TIMEOUT,
        )
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is not None and member.name.endswith(".deb"):
                    (folder / Path(member.name).name).write_bytes(content.read())
        return _arrived(wanted, folder)


@dataclass(frozen=True)
class Kept:
    """What was fetched before; only the very files that the lock file names."""

    def fetch(self, wanted: Wanted, folder: Path) -> tuple[Fetched, ...]:
        """The packages in `folder`.

        Raises:
            LabError: one is missing, or not the one that is locked.
        """
        found = _arrived(wanted, folder)
        if not all(each.is_locked for each in found):
            raise LabError(DOING, "those kept are not those wanted", "fetch them")
        return found


def sources(say: Say) -> tuple[Source, ...]:
    """All there are, the nearest first."""
    return Kept(), HostApt(), ContainerApt(say)


def _own_apt(folder: Path, wanted: Wanted) -> Path:
    """Write the settings of an apt that keeps all it writes in `folder`; their file."""
    for each in ("state/lists/partial", "cache/archives/partial", "none"):
        (folder / each).mkdir(parents=True)
    (folder / "sources.list").write_text(f"deb {apt.mirror()} {wanted.suite} main\n", "utf-8")
    (folder / "status").touch()
    settings = {
        "APT::Architecture": wanted.architecture,
        "APT::Architectures": wanted.architecture,
        "APT::Sandbox::User": "",
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": folder / "none",
        "Acquire::Languages": "none",
    }
    lines = [f'{name} "{value}";\n' for name, value in settings.items()]
    path = folder / "apt.conf"
    path.write_text("".join(lines), "utf-8")
    return path


def _words(wanted: Wanted) -> Iterator[str]:
    for each in wanted.packages:
        yield from (each.name, each.version, each.newest or each.name)


def _arrived(wanted: Wanted, folder: Path) -> tuple[Fetched, ...]:
    return tuple(_find(package, folder) for package in wanted.packages)


def _find(package: Package, folder: Path) -> Fetched:
    """The file of a package in a folder; apt names it `name_version_architecture.deb`."""
    stem = package.name.split("-")[0]
    found = []
    for path in folder.glob(f"{stem}*.deb"):
        name, version, _ = unquote(path.name).split("_")
        found.append(Fetched(package, name, version, path))
    if found:  # the locked one if it is there, among others that were fetched before
        return max(found, key=lambda each: each.is_locked)
    raise LabError(DOING, f"{package.name} is not in {folder.name}/", "run this again")
