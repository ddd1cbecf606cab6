"""The balancers that are compared: what each needs, how it is configured and started."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.balancer import machine
from lab_utils import apt, commands, ports, waiting
from lab_utils.errors import LabError
from lab_utils.processes import Process

HERE = Path(__file__).parent
PATIENCE = 10.0
"""Seconds that a balancer has to start answering."""

DEBIAN = {
    "haproxy": "haproxy",
    "nginx": "nginx-light",
    "nc": "netcat-openbsd",
    "wrk": "wrk",
    "taskset": "util-linux",
}
"""The Debian package of each program."""


@dataclass(frozen=True)
class Peer:
    """A balancer to measure.

    Attributes:
        name: in the results and on the command line.
        title: in the table and the picture.
        command: its words; `{...}` is filled in from `Place`. Empty: no balancer at all.
        config: the template in `configs/` that it is started with, if any.
        strategy: how ours picks a variant.
        needs: the program that has to be on the PATH.
    """

    name: str
    title: str
    command: tuple[str, ...] = ()
    config: str | None = None
    strategy: str | None = None
    needs: str | None = None


PYTHON = ("{python}", "-P", "-m")
OURS = (*PYTHON, "balancer", "--config", "{config}")
STRAIGHT = Peer("straight", "no balancer: straight to backend a")
PEERS = (
    Peer(
        "recitation",
        "recitation's idea: Flask, nc, requests",
        (*PYTHON, "lab_utils.ladder.recitation", "{port}", "{a}", "{b}"),
        needs="nc",
    ),
    Peer(
        "aiohttp",
        "aiohttp on both sides",
        (*PYTHON, "lab_utils.ladder.aiohttp_peer", "{port}", "{a}", "{b}"),
    ),
    Peer("sticky", "ours, sticky", OURS, "balancer.toml", "sticky"),
    Peer("weighted_random", "ours, weighted random", OURS, "balancer.toml", "weighted_random"),
    Peer(
        "nginx",
        "nginx",
        ("nginx", "-e", "stderr", "-p", "{folder}", "-c", "{config}"),
        "nginx.conf",
        needs="nginx",
    ),
    Peer(
        "haproxy", "HAProxy", ("haproxy", "-db", "-f", "{config}"), "haproxy.cfg", needs="haproxy"
    ),
)
"""In the order of the table: the slowest idea first, the yardstick last."""


@dataclass(frozen=True)
class Place:
    """Where one balancer stands.

    Attributes:
        folder: its configuration, logs and pid file.
        port: where it listens on 127.0.0.1.
        backends: `host:port` of the backends a and b.
    """

    folder: Path
    port: int
    backends: tuple[str, str]

    @property
    def url(self) -> str:
        """What the load generator asks for."""
        return f"http://{ports.HOST}:{self.port}/recommend/17"


@dataclass(frozen=True)
class Running:
    """A balancer that answers; `pid` is None for the straight way, which has none."""

    peer: Peer
    url: str
    pid: int | None


def render(peer: Peer, place: Place) -> str:
    """The configuration file of a peer, from its template.

    Raises:
        ValueError: it has none.
    """
    if peer.config is None:
        raise ValueError(f"{peer.name} is configured by its command alone")
    # plain text for programs, not HTML
    templates = Environment(  # noqa: S701
        loader=FileSystemLoader(HERE / "configs"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return templates.get_template(peer.config).render(
        name=peer.name,
        folder=place.folder,
        port=place.port,
        admin=ports.free_port() if peer.strategy else None,
        backends=place.backends,
        strategy=peer.strategy,
    )


def missing(peers: Sequence[Peer]) -> dict[str, str]:
    """Why some peers have to be left out on this machine, by name."""
    return {
        peer.name: f"`{peer.needs}` is not on the PATH; {how_to_get(peer.needs)}"
        for peer in peers
        if peer.needs and not commands.have(peer.needs)
    }


def how_to_get(program: str) -> str:
    """What to do where a program is missing."""
    package = DEBIAN[program]
    return f"on Debian and Ubuntu: `sudo apt-get install {package}`, or run this with --install"


def install() -> None:
    """Install with apt-get what is missing of Debian's programs.

    Raises:
        LabError: this is not Debian or Ubuntu, or not root.
    """
    wanted = [package for program, package in DEBIAN.items() if not commands.have(program)]
    if not wanted:
        return
    if not commands.have("apt-get") or os.geteuid() != 0:
        raise LabError(
            f"installing {', '.join(wanted)}",
            "this takes apt-get (Debian, Ubuntu) and root",
            "install them by hand, or go on without: what is missing is left out",
        )
    apt.run("update", "-qq")
    apt.run("install", "-y", "-qq", "--no-install-recommends", *wanted)


@contextmanager
def all_running(
    peers: Sequence[Peer], folder: Path, *, core: int, load_core: int
) -> Iterator[list[Running]]:
    """Backends and balancers, all answering; ended with the block.

    Args:
        peers: which balancers.
        folder: emptied by the caller; every process leaves its pid file and log there.
        core: the core that the balancers are pinned to.
        load_core: the core of the backends.
    """
    python = machine.interpreter()
    with ExitStack() as stack:
        backends = []
        for variant in "ab":
            port = ports.free_port()
            words = [python.path, *PYTHON[1:], "lab_utils.ladder.backend", str(port)]
            url = f"http://{ports.HOST}:{port}/recommend/17"
            _start(stack, f"backend-{variant}", words, url, folder, load_core, python)
            backends.append(f"{ports.HOST}:{port}")
        running = []
        for peer in peers:
            place = Place(folder, ports.free_port(), (backends[0], backends[1]))
            if peer.command:
                words = _words(peer, place, python.path)
                pid = _start(stack, peer.name, words, place.url, folder, core, python)
                running.append(Running(peer, place.url, pid))
            else:
                running.append(Running(peer, f"http://{backends[0]}/recommend/17", None))
        yield running


def _words(peer: Peer, place: Place, python: str) -> list[str]:
    config = place.folder / f"{peer.name}-{peer.config}"
    if peer.config:
        config.write_text(render(peer, place), encoding="utf-8")
    a, b = place.backends
    filled = {"config": config, "port": place.port, "folder": place.folder, "a": a, "b": b}
    filled["python"] = python
    return [word.format(**filled) for word in peer.command]


def _start(
    stack: ExitStack,
    name: str,
    words: Sequence[str],
    url: str,
    folder: Path,
    core: int,
    python: machine.Interpreter,
) -> int:
    """Start a process on its core, to be ended with the stack, and wait for its first answer."""
    process = Process(name, folder)
    stack.callback(process.stop)
    process.start(["taskset", "--cpu-list", str(core), *words], python.environment)

    def not_answering() -> str | None:
        if process.running() is None:
            raise LabError(f"starting {name}", process.last_lines(), "see its own words above")
        try:
            status = httpx.get(url, timeout=2, trust_env=False).status_code
        except httpx.HTTPError:
            return f"nothing answers at {url}"
        return None if status == httpx.codes.OK else f"{url} is answered with {status}"

    waiting.until(
        not_answering,
        timeout=PATIENCE,
        doing=f"starting {name}",
        next_step="see its own words above",
        details=process.last_lines,
    )
    started = process.running()
    if started is None:
        raise LabError(f"starting {name}", process.last_lines(), "see its own words above")
    return started.pid
