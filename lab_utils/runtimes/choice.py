"""Which runtimes this machine has, and why not the others."""

from __future__ import annotations

from lab_utils.runtimes.base import Kind, Runtime, Server, Unavailable
from lab_utils.runtimes.container import Container
from lab_utils.runtimes.process import Process
from lab_utils.runtimes.virtual_machine import VirtualMachine

RUNTIMES: dict[Kind, type[Runtime]] = {
    "process": Process,
    "container": Container,
    "vm": VirtualMachine,
}


def make(kind: Kind, server: Server = "tiny") -> Runtime:
    """A server in a runtime, not yet started."""
    return RUNTIMES[kind](server)


def missing(kind: Kind, server: Server = "tiny") -> Unavailable | None:
    """Why this machine cannot run a server in a runtime; None where it can."""
    try:
        make(kind, server).demand()
    except Unavailable as reason:
        return reason
    return None
