"""The ports of the stack on this machine: which, whether free, and who has a taken one."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from dataclasses import dataclass, fields

import psutil

from lab_utils.errors import LabError

HOST = "127.0.0.1"
"""Everything of the lab listens here and nowhere else."""


PUBLISHERS = {"docker-proxy", "com.docker.backend", "rootlessport"}
"""Programs that hold a port for a container."""

OUT_OF_SIGHT = (
    "a program that this user may not see; if it is a container, `docker ps --filter "
    "publish={port}` names it"
)


class PortTaken(LabError):
    """A port of the stack is in use; the error says by whom and offers a free one."""

    def __init__(self, port: int, holder: str, variable: str) -> None:
        self.port = port
        super().__init__(
            "looking whether the stack's ports are free",
            f"port {port} is taken by {holder}",
            f"stop that (`./lab down`, if it is the lab's), or use another port: "
            f"`{variable}={free_port()} ./lab ...`",
        )


@dataclass(frozen=True)
class Ports:
    """Port numbers on 127.0.0.1; each can be set in the environment (`LAB_PORT_A=7104`).

    Attributes:
        a: recommender a, straight.
        b: recommender b, straight.
        balancer: the balancer: what visitors use.
        admin: the balancer's own status, metrics and weights.
    """

    a: int = 7004
    b: int = 7005
    balancer: int = 8082
    admin: int = 8083

    @classmethod
    def from_environment(cls) -> Ports:
        """The defaults, each replaced by its `LAB_PORT_...` variable where that is set.

        Raises:
            LabError: a variable holds no port number, or two hold the same.
        """
        chosen = {name: _chosen(name, default) for name, default in vars(cls()).items()}
        for name, port in chosen.items():
            others = [variable(each) for each in chosen if each != name and chosen[each] == port]
            if others:
                raise LabError(
                    "reading the stack's ports",
                    f"{variable(name)} and {others[0]} are both {port}",
                    f"give each its own: `{variable(name)}={free_port()} ./lab ...`",
                )
        return cls(**chosen)

    @classmethod
    def free(cls) -> Ports:
        """Four ports that nothing listens on, for a second stack beside the usual one."""
        with _Reserved(len(fields(cls))) as numbers:
            return cls(*numbers)

    def environment(self) -> dict[str, str]:
        """The variables that make compose.yaml use these ports."""
        return {variable(field.name): str(getattr(self, field.name)) for field in fields(self)}

    def url(self, service: str) -> str:
        """Where a service answers on this machine."""
        return f"http://{HOST}:{getattr(self, service)}"

    def demand_free(self, ours: Collection[str] = ()) -> None:
        """Raise unless all four can be listened on.

        Args:
            ours: names of ports that a running part of the stack holds already.

        Raises:
            PortTaken: one cannot.
        """
        for field in fields(self):
            port = getattr(self, field.name)
            if field.name not in ours and not is_free(port):
                raise PortTaken(port, holder(port), variable(field.name))


def variable(name: str) -> str:
    """The environment variable that sets the port of the service `name`."""
    return f"LAB_PORT_{name.upper()}"


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with _Reserved(1) as numbers:
        return numbers[0]


def holder(port: int) -> str:
    """Who listens on a port: `python3 (process 4711)`, as far as this user may know."""
    try:
        listening = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return OUT_OF_SIGHT.format(port=port)
    for connection in listening:
        at_port = connection.laddr and connection.laddr.port == port
        if at_port and connection.status == psutil.CONN_LISTEN and connection.pid:
            name = _name(connection.pid)
            if name.removesuffix(".exe") in PUBLISHERS:
                return f"a container (`docker ps --filter publish={port}` names it)"
            return f"{name} (process {connection.pid})"
    return OUT_OF_SIGHT.format(port=port)


def _name(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return "a program"


def _chosen(name: str, default: int) -> int:
    text = os.environ.get(variable(name)) or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise LabError(
            "reading the ports from the environment",
            f"{variable(name)} is {text!r}, which is no port number",
            f"set it to a number from 1 to 65535, or unset it for {default}",
        )
    return int(text)


class _Reserved:
    """Holds `count` free ports open at once, so that they differ from each other."""

    def __init__(self, count: int) -> None:
        self.sockets = [socket.socket() for _ in range(count)]

    def __enter__(self) -> list[int]:
        for held in self.sockets:
            held.bind((HOST, 0))
        return [held.getsockname()[1] for held in self.sockets]

    def __exit__(self, *exception: object) -> None:
        for held in self.sockets:
            held.close()
