"""Three ways to run the same server: as a process, in a container, in a virtual machine.

with VirtualMachine("tiny") as vm:
print(vm.url, vm.kernel(), vm.processes())
"""

from lab_utils.runtimes.base import (
    KINDS,
    SERVERS,
    Inside,
    Kernel,
    Kind,
    Runtime,
    Server,
    Unavailable,
)
from lab_utils.runtimes.choice import make, missing
from lab_utils.runtimes.container import Container
from lab_utils.runtimes.process import Process
from lab_utils.runtimes.virtual_machine import Panic, VirtualMachine

__all__ = [
    "KINDS",
    "SERVERS",
    "Container",
    "Inside",
    "Kernel",
    "Kind",
    "Panic",
    "Process",
    "Runtime",
    "Server",
    "Unavailable",
    "VirtualMachine",
    "make",
    "missing",
]
