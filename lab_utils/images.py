"""What the images are built on, and whom a build behind a proxy trusts."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from lab_utils import apt, commands
from lab_utils.docker_engine import Engine
from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS, STATE

Say = Callable[[str], None]

HUB_PYTHON = "python:3.13-slim"
DEBIAN_SUITE = "trixie"
DEBIAN_BASE = f"recitation/debian-base:{DEBIAN_SUITE}"
PYTHON_BASE = "recitation/python-base:3.13"
MADE = (PYTHON_BASE, DEBIAN_BASE)
"""The base images that the lab makes itself, for all projects of a machine."""

NO_CA = CONTAINERS / "no-ca.pem"
"""An empty bundle: what a build trusts besides the image's own certificates by default."""

CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
HOST_BUNDLES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
)

PULL_TIMEOUT = 300.0
"""Seconds for a base image of 45 MB to arrive."""


@dataclass(frozen=True)
class BaseImage:
    """A Python image to build on, and in words where it is from."""

    name: str
    origin: str


MADE_HERE = BaseImage(PYTHON_BASE, "Debian packages, made on this machine")


def python_base(engine: Engine, say: Say) -> BaseImage:
    """The first of: named by the user, here already, Docker Hub, class registry, Debian packages.

    `BASE_IMAGE` names an image; `LAB_REGISTRY` a registry (`host:port`) that mirrors the Hub's.

    Raises:
        LabError: none of them can be had.
    """
    if (here := base_here(engine)) is not None:
        return here
    for source in _registries():
        say(f"fetching the base image {source.name} from {source.origin}")
        if engine.pull(source.name, timeout=PULL_TIMEOUT):
            return source
        say(f"{source.origin} does not answer")
    make_python_base(engine, say)
    return MADE_HERE


def base_here(engine: Engine) -> BaseImage | None:
    """The base image that needs no fetching: named by the user, or on the engine already."""
    if named := os.environ.get("BASE_IMAGE"):
        return BaseImage(named, "named in BASE_IMAGE")
    known = [*_registries(), MADE_HERE]
    return next((source for source in known if engine.has_image(source.name)), None)


def _registries() -> list[BaseImage]:
    sources = [BaseImage(HUB_PYTHON, "Docker Hub")]
    if registry := os.environ.get("LAB_REGISTRY"):
        sources.append(BaseImage(f"{registry}/{HUB_PYTHON}", f"the registry {registry}"))
    return sources


def make_python_base(engine: Engine, say: Say) -> None:
    """Make `PYTHON_BASE` from Debian packages; about half a minute.

    Raises:
        LabError: this host cannot make a Debian root file system, or its mirror fails.
    """
    if not (commands.have("mmdebstrap") and commands.have("apt-get")):
        raise LabError(
            "looking for a Python base image",
            "no image registry answers, and this host has no `mmdebstrap` to make one instead",
            "connect to the network once, name a registry (LAB_REGISTRY=host:port), or on Debian "
            "and Ubuntu `sudo apt-get install mmdebstrap`; without any, `./lab demo --processes`",
        )
    say("making a base image from Debian packages instead (about half a minute)")
    STATE.mkdir(exist_ok=True)
    archive = STATE / "debian-base.tar"
    with FileLock(STATE / "debian-base.lock"):
        if engine.has_image(PYTHON_BASE):
            return  # another Python of this checkout has made it meanwhile
        try:
            commands.run(mmdebstrap_command(archive), doing="making a Debian root file system")
            engine.import_root(archive, DEBIAN_BASE)
        finally:
            archive.unlink(missing_ok=True)
        engine.build(
            CONTAINERS / "base",
            PYTHON_BASE,
            dockerfile="python.Dockerfile",
            arguments={"DEBIAN_IMAGE": DEBIAN_BASE},
        )


def mmdebstrap_command(archive: Path) -> list[str]:
    """The command that writes a minimal Debian root file system without manuals into `archive`."""
    left_out = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"]
    return [
        "mmdebstrap",
        "--variant=minbase",
        "--include=ca-certificates",
        *(f"--dpkgopt=path-exclude={path}" for path in left_out),
        f'--aptopt=Acquire::https::CAInfo "{ca_bundle()}"',
        DEBIAN_SUITE,
        str(archive),
        apt.mirror(),
    ]


def ca_bundle() -> Path:
    """The certificates a build is shown: `LAB_CA_BUNDLE`, else what this host itself trusts.

    Raises:
        LabError: `LAB_CA_BUNDLE` names no file.
    """
    if named := os.environ.get("LAB_CA_BUNDLE"):
        if not Path(named).is_file():
            raise LabError(
                "looking for the proxy's CA bundle",
                f"LAB_CA_BUNDLE names {named}, and there is no such file",
                "set it to a PEM file with the proxy's certificate, or unset it",
            )
        return Path(named).resolve()
    trusted = [Path(os.environ[name]) for name in CA_VARIABLES if os.environ.get(name)]
    return next((path for path in [*trusted, *HOST_BUNDLES] if path.is_file()), NO_CA)


def build_environment(base: BaseImage) -> dict[str, str]:
    """The variables that compose.yaml builds with."""
    return {"BASE_IMAGE": base.name, "LAB_CA_BUNDLE": str(ca_bundle())}
