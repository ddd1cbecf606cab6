"""A Docker Engine on a bare Debian or Ubuntu, when asked for: `./lab engine up`.

Debian 12 ships an engine and a Compose too old for compose.yaml; those of Debian 13 install
there as they are, and nothing of the system is upgraded along with them. What apt offers decides,
not the release's number: many a machine has packages of both. Where a service manager runs, it
starts the engine; where none does (a CI machine, a container), `dockerd` is started detached, and
only such a one is ended.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lab_utils import apt, commands, docker_engine
from lab_utils.errors import LabError

Say = Callable[[str], None]

BACKPORT_SUITE = "trixie"
APT_FOLDER = Path("/etc/apt")
SOURCES = APT_FOLDER / "sources.list.d" / f"recitation-{BACKPORT_SUITE}.sources"
PREFERENCES = APT_FOLDER / "preferences.d" / f"recitation-{BACKPORT_SUITE}"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

PID_FILE = Path("/run/recitation-dockerd.pid")
LOG_FILE = Path("/var/log/recitation-dockerd.log")
START_DEADLINE = 60.0
"""Seconds in which a started engine must answer."""

PACKAGES = {
    "debian": ("docker.io", "docker-cli", "docker-compose", "docker-buildx"),
    "ubuntu": ("docker.io", "docker-compose-v2", "docker-buildx"),
}
BESIDE = ("iptables", "mmdebstrap")
"""What the engine's networks need, and what makes base images where no registry answers."""


def up(say: Say) -> docker_engine.Engine:
    """Install what is missing, start an engine, and return it once it answers.

    Raises:
        LabError: not Debian or Ubuntu, not root, a failed installation, or no answer in time.
    """
    try:
        engine = docker_engine.find()
    except docker_engine.EngineUnavailable as missing:
        say(f"{missing.found}: setting one up")
    else:
        say(f"an engine answers already: {engine.version} at {engine.address}")
        return engine
    _demand_root()
    family = _family()
    if not _installed():
        _install(family, say)
    _start(say)
    return _wait(say)


def down(say: Say) -> None:
    """Stop the engine that `up` started without a service manager; no other is touched.

    Raises:
        LabError: it does not end within the deadline.
    """
    pid = _our_pid()
    if pid is None:
        say("no engine was started by `./lab engine up` here: nothing to stop")
        return
    say(f"stopping the engine (process {pid})")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + START_DEADLINE
    while _alive(pid):
        if time.monotonic() > deadline:
            raise LabError(
                "stopping the engine", f"process {pid} is still there", f"read {LOG_FILE}"
            )
        time.sleep(0.1)
    PID_FILE.unlink(missing_ok=True)


def _demand_root() -> None:
    if platform.system() != "Linux":
        raise LabError(
            "setting up a Docker Engine",
            f"this is {platform.system()}, and the lab installs engines on Linux only",
            "install and start Docker Desktop",
        )
    if os.geteuid() != 0:
        raise LabError(
            "setting up a Docker Engine",
            "installing packages needs root",
            "run `sudo ./lab engine up`",
        )


def _family() -> str:
    release = platform.freedesktop_os_release()
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    for name in names:
        if name in ("ubuntu", "debian"):
            return name
    raise LabError(
        "setting up a Docker Engine",
        f"this is {release.get('PRETTY_NAME', 'an unknown system')}, not Debian or Ubuntu",
        "install Docker with this system's own packages, then run `./lab doctor`",
    )


def _installed() -> bool:
    programs = ("dockerd", "containerd", *BESIDE)
    if not all(commands.have(program) for program in programs):
        return False
    try:
        docker_engine.compose_command()
    except docker_engine.EngineUnavailable:
        return False
    return True


def _install(family: str, say: Say) -> None:
    say("reading the package lists")
    apt.run("update", "-qq")
    packages = list(PACKAGES[family])
    if family == "debian" and not apt.offers(*PACKAGES[family]):
        say(f"adding Debian's {BACKPORT_SUITE} packages, for these alone")
        _add_backports()
        apt.run("update", "-qq")
        # one by one: `-t` would take base-files, libc6 and runc from there too, which nothing needs
        packages = [f"{package}/{BACKPORT_SUITE}" for package in packages]
    say("installing the engine: " + ", ".join(PACKAGES[family]))
    apt.run("install", "-y", "-qq", "--no-install-recommends", *BESIDE)
    apt.run("install", "-y", "-qq", "--no-install-recommends", *packages)


def _add_backports() -> None:
    SOURCES.write_text(
        f"Types: deb\nURIs: {apt.mirror()}\nSuites: {BACKPORT_SUITE}\nComponents: main\n"
        f"Signed-By: {KEYRING}\n"
    )
    PREFERENCES.write_text(f"Package: *\nPin: release n={BACKPORT_SUITE}\nPin-Priority: 100\n")


def _start(say: Say) -> None:
    if Path("/run/systemd/system").is_dir():
        say("starting the engine through systemd")
        commands.run(["systemctl", "start", "docker"], doing="starting the engine")
        return
    say(f"starting dockerd detached (its log: {LOG_FILE})")
    with LOG_FILE.open("ab") as log:
        child = subprocess.Popen(
            ["dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    PID_FILE.write_text(f"{child.pid}\n")


def _wait(say: Say) -> docker_engine.Engine:
    deadline = time.monotonic() + START_DEADLINE
    while True:
        try:
            engine = docker_engine.find()
        except docker_engine.EngineUnavailable as missing:
            if time.monotonic() > deadline:
                raise LabError(
                    "starting the engine",
                    f"{missing.found}; the end of its log:\n{_log_tail()}",
                    f"read {LOG_FILE}",
                ) from None
            time.sleep(0.3)
        else:
            say(f"engine {engine.version} answers, with Compose {engine.compose_version}")
            return engine


def _log_tail() -> str:
    if not LOG_FILE.exists():
        return "(no log)"
    return "\n".join(LOG_FILE.read_text(errors="replace").splitlines()[-commands.TAIL_LINES :])


def _our_pid() -> int | None:
    """The pid of the dockerd that `up` started, if that very process still runs."""
    try:
        pid = int(PID_FILE.read_text())
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        return None
    return pid if name == "dockerd" else None


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
