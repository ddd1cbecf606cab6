"""A server in a container of the Docker Engine."""

from __future__ import annotations

from typing import ClassVar

from lab_utils.runtimes.base import Kind, Runtime


class Container(Runtime):
    """A server in a container of the Docker Engine."""

    kind: ClassVar[Kind] = "container"

    def demand(self) -> None:
        """Nothing but this Python and, where it runs, busybox."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it, detached, with a pid file."""
        raise NotImplementedError

    def ended(self) -> str | None:
        """How it ended, with the end of its log."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where it answers."""
        raise NotImplementedError

    def memory(self) -> int:
        """PSS in bytes of it and its children; the resident size where the system tells no PSS."""
        raise NotImplementedError

    def run_inside(self, script: str) -> str:
        """What a script prints that runs on this machine: there is no inside."""
        raise NotImplementedError

    def image_bytes(self) -> int:
        """Bytes of the program and, for the recommender, of the packages it imports from."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it and its children."""
        raise NotImplementedError
