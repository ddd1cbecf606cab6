"""A server in a virtual machine of QEMU: its own kernel on hardware that is a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lab_utils.runtimes.base import Kind, Runtime, Server


@dataclass(frozen=True)
class Panic:
    """How a guest's kernel died.

    Attributes:
        last_words: what it said on its serial line, from the first line about the panic on.
        exit_code: that QEMU ended with.
    """

    last_words: tuple[str, ...]
    exit_code: int


class VirtualMachine(Runtime):
    """A server in a guest of its own.

    Args:
        server: which one.
        warm: start from a snapshot of the guest when it had just become ready (made at first use)
            instead of booting.
    """

    kind: ClassVar[Kind] = "vm"

    def __init__(self, server: Server = "tiny", *, warm: bool = False) -> None:
        super().__init__(server)
        self.warm = warm

    def demand(self) -> None:
        """QEMU on this machine or in a container, a guest that boots on it, the server's image."""
        raise NotImplementedError

    def start(self) -> None:
        """Start QEMU, which boots the guest."""
        raise NotImplementedError

    def ended(self) -> str | None:
        """How QEMU ended, with the end of what the guest said on its serial line."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where it answers on this machine: QEMU forwards the guest's port."""
        raise NotImplementedError

    def memory(self) -> int:
        """PSS in bytes of QEMU, guest included."""
        raise NotImplementedError

    def run_inside(self, script: str) -> str:
        """What a script prints in the guest, sent and read through its serial line."""
        raise NotImplementedError

    def image_bytes(self) -> int:
        """Bytes of kernel, initial file system and, for the recommender, disk."""
        raise NotImplementedError

    def stop(self) -> None:
        """End QEMU and remove the guest's own disk."""
        raise NotImplementedError

    def snapshot(self, name: str = "saved") -> None:
        """Save memory, processors, devices and disk under a name; the guest goes on."""
        raise NotImplementedError

    def restore(self, name: str = "saved") -> None:
        """Roll all of it back to a snapshot; what happened since has not.

        Raises:
            LabError: there is no snapshot of that name.
        """
        raise NotImplementedError

    def console(self) -> str:
        """Everything the guest said on its serial line so far."""
        raise NotImplementedError

    def panic(self) -> Panic:
        """Crash the guest's kernel, asked for through its serial line and in no other way."""
        raise NotImplementedError
