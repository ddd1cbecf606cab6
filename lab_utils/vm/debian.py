"""Debian packages without root: which, fetched and checked by apt, and what is in them.

The lock file names packages, versions and hashes, and no address: the mirror is the one that this
machine's own apt, or that of the lab's base image, is set up to use.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS

LOCK = CONTAINERS / "vm_guest" / "packages.json"

AR_MAGIC = b"!<arch>\n"
AR_HEADER = 60
"""Bytes before each member of an `ar` archive; its size is in ten of them, from the 49th on."""


@dataclass(frozen=True)
class Package:
    """One package as the lock file wants it.

    Attributes:
        name: its name.
        version: of Debian.
        sha256: of its .deb file.
        newest: the package that always depends on the newest of its kind; empty where that is
            the package itself.
    """

    name: str
    version: str
    sha256: str
    newest: str = ""


@dataclass(frozen=True)
class Wanted:
    """What the lock file says.

    Attributes:
        suite: the Debian release.
        architecture: of the guest, whatever this machine is.
        packages: all of them.
    """

    suite: str
    architecture: str
    packages: tuple[Package, ...]


@dataclass(frozen=True)
class Fetched:
    """A package's file as it arrived.

    Attributes:
        package: what was wanted.
        name: what came: another name or version where the wanted one has left the mirror.
        version: of what came.
        path: the .deb file.
    """

    package: Package
    name: str
    version: str
    path: Path

    @property
    def is_locked(self) -> bool:
        """Whether it is the very file that the lock file names."""
        return self.version == self.package.version and self.name == self.package.name


class Source(Protocol):
    """Somebody who can fetch packages and vouches for their signatures."""

    def fetch(self, wanted: Wanted, folder: Path) -> tuple[Fetched, ...]:
        """Every package as a file in `folder`: the locked version, or else the newest.

        Raises:
            LabError: it cannot.
        """


def wanted(lock: Path = LOCK) -> Wanted:
    """What the lock file says."""
    kept = json.loads(lock.read_text("utf-8"))
    packages = tuple(Package(name, **rest) for name, rest in kept["packages"].items())
    return Wanted(kept["suite"], kept["architecture"], packages)


def fetch(
    sources: tuple[Source, ...], folder: Path, say: Callable[[str], None]
) -> tuple[Fetched, ...]:
    """The packages from the first source that has them.

    Args:
        sources: asked in turn.
        folder: gets the files.
        say: told what is not as locked.

    Raises:
        LabError: no source has them, or a file is not what the lock file says it is.
    """
    reasons = []
    for source in sources:
        try:
            found = source.fetch(wanted(), folder)
        except LabError as error:
            reasons.append(error.found)
            continue
        for each in found:
            if each.is_locked:
                _demand_hash(each)
            else:
                say(
                    f"{each.package.name} {each.package.version} has left the mirror: "
                    f"taking {each.name} {each.version}, signed by Debian"
                )
        return found
    raise LabError(
        "fetching the guest's Debian packages",
        "; ".join(reasons) or "there is nobody to ask",
        "connect to the network; on Debian this machine's apt fetches them, elsewhere a Docker "
        "Engine does",
    )


def files(deb: Path, names: Callable[[str], bool]) -> dict[str, bytes]:
    """Content of the files in a .deb whose path (without a leading slash) `names` says yes to."""
    members = _ar(deb.read_bytes())
    data = next(content for name, content in members.items() if name.startswith("data.tar"))
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            path = member.name.removeprefix("./")
            if member.isfile() and names(path) and (file := archive.extractfile(member)):
                found[path] = file.read()
    return found


def _demand_hash(fetched: Fetched) -> None:
    found = hashlib.sha256(fetched.path.read_bytes()).hexdigest()
    if found != fetched.package.sha256:
        fetched.path.unlink()
        raise LabError(
            f"checking the package {fetched.name}",
            f"its SHA-256 is {found}, and the lock file says {fetched.package.sha256}",
            "run this again: a download may be damaged; if it stays so, trust the lock file",
        )


def _ar(archive: bytes) -> dict[str, bytes]:
    """The members of an `ar` archive by name."""
    at, members = len(AR_MAGIC), {}
    while at < len(archive):
        header = archive[at : at + AR_HEADER]
        size = int(header[48:58])
        at += AR_HEADER
        members[header[:16].decode().strip().rstrip("/")] = archive[at : at + size]
        at += size + size % 2
    return members
