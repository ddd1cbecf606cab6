"""The picture of servers side by side: asked of them as they run, or of recorded figures."""

from __future__ import annotations

import platform
from collections.abc import Sequence

import psutil

from lab_utils import docker_engine
from lab_utils.comparison.diagram import Drawing, Floor, Tenant, layers
from lab_utils.comparison.evidence import Evidence
from lab_utils.comparison.wording import amount, value
from lab_utils.errors import LabError
from lab_utils.measurements import load
from lab_utils.runtimes import Inside, Kind, Runtime

TITLES: dict[Kind, str] = {
    "process": "Two processes",
    "container": "Two containers",
    "vm": "Two virtual machines",
}


def live(members: Sequence[Runtime]) -> Drawing:
    """Of servers that are up; all of one runtime.

    Raises:
        LabError: one of them no longer answers.
    """
    kind = members[0].kind
    seen = [each.inside() for each in members]
    memory = amount(psutil.virtual_memory().total, "bytes")
    floors = [
        Floor("hardware", f"{psutil.cpu_count()} processors, {memory} of memory"),
        Floor("the host's kernel", f"{platform.system()} {platform.release()}", kernel=True),
    ]
    if kind == "container" and seen[0].kernel.release != platform.release():
        floors.append(_apart(seen[0].kernel.release))
    tenants = [
        _tenant(each, inside, f"{kind} {number}")
        for number, (each, inside) in enumerate(zip(members, seen, strict=True), 1)
    ]
    return layers(TITLES[kind], floors, tenants, beside=_engine() if kind == "container" else None)


def recorded(kind: Kind) -> Drawing:
    """Of two servers as they were recorded on another machine.

    Raises:
        LabError: nothing was recorded.
    """
    kept = Evidence.of(seen for seen in load() if seen.server == "tiny")
    memory, kernel = kept.find("idle memory", kind), kept.find("kernel", kind)
    host, processes = kept.find("kernel", "process"), kept.find("processes seen", kind)
    if memory is None or kernel is None or host is None or processes is None:
        raise LabError(
            f"drawing a {kind}",
            "this machine has none, and none was recorded",
            "`./lab doctor` says what this machine lacks",
        )
    lines = ("httpd", f"{value(memory)} of the host's memory", _count(int(processes.median)))
    own = _own(memory.accelerator, value(kernel)) if kind == "vm" else ()
    floors = (
        Floor("hardware", memory.host),
        Floor("the host's kernel", f"Linux {value(host)}", kernel=True),
    )
    tenants = [Tenant(f"{kind} {number}", lines, own) for number in (1, 2)]
    beside = Tenant("Docker Engine", ("starts them",)) if kind == "container" else None
    note = f"on another machine, {memory.date[:10]}"
    return layers(TITLES[kind], floors, tenants, beside=beside, recorded=note)


def _tenant(member: Runtime, seen: Inside, name: str) -> Tenant:
    lines = (
        f"httpd on {member.url.removeprefix('http://')}",
        f"{amount(member.memory(), 'bytes')} of the host's memory",
        _count(len(seen.processes)),
    )
    own = _own(member.accelerator, seen.kernel.release) if member.kind == "vm" else ()
    return Tenant(name, lines, own)


def _own(accelerator: str, release: str) -> tuple[Floor, ...]:
    """What a virtual machine alone brings along."""
    hypervisor = Floor("hypervisor", f"QEMU, a process of the host ({accelerator})")
    return hypervisor, Floor("its own kernel", f"Linux {release}", kernel=True)


def _apart(release: str) -> Floor:
    return Floor("the kernel of the engine's own virtual machine", f"Linux {release}", kernel=True)


def _engine() -> Tenant:
    version = docker_engine.find(with_compose=False).version.partition("+")[0]
    return Tenant("Docker Engine", (version, "starts them", "and stands beside"))


def _count(processes: int) -> str:
    return f"{processes} process{'es' * (processes != 1)} seen inside"
