"""Who runs QEMU here: this machine itself, else a container on its engine."""

from __future__ import annotations

from lab_utils import docker_engine
from lab_utils.errors import LabError
from lab_utils.vm import qemu
from lab_utils.vm.contained import ContainerHost
from lab_utils.vm.local import LocalHost
from lab_utils.vm.machine import Host


def find() -> Host:
    """The nearest.

    Raises:
        LabError: there is neither QEMU nor an engine.
    """
    if qemu.version() is not None:
        return LocalHost()
    try:
        return ContainerHost(docker_engine.find(with_compose=False))
    except docker_engine.EngineUnavailable as missing:
        raise LabError(
            "starting a virtual machine",
            f"this machine has no `{qemu.PROGRAM}`, or no `qemu-img`, and no engine that could run "
            f"it in a container: {missing.found}",
            qemu.HOW_TO_GET,
        ) from None
