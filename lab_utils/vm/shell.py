"""The guest's shell at the other end of its second serial line; `init` says how it listens."""

from __future__ import annotations

import base64
import re
import secrets
import socket
import time

from lab_utils.errors import LabError

READY = b"ready\n"
TIMEOUT = 60.0
"""Seconds one script may take."""


class Shell:
    """A line to the shell of one guest.

    Args:
        line: connected to its serial port.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._heard = b""

    def is_ready(self, *, within: float) -> bool:
        """Whether the guest has said that it is up; waits for it so many seconds at most."""
        return self._hear(re.compile(re.escape(READY)), within) is not None

    def run(self, script: str, *, timeout: float = TIMEOUT) -> str:
        """What a script prints, both its streams.

        Raises:
            LabError: it ended with another exit code than 0, or not in time, or the guest is gone.
        """
        word = secrets.token_hex(8)
        self._say(f"{word} {base64.b64encode(script.encode()).decode()}\n")
        end = re.compile(rb"%b (\d+)\n" % word.encode())
        found = self._hear(end, timeout)
        if found is None:
            raise LabError(
                "running a script in the guest",
                f"it had not ended after {timeout:g} s, or the guest has:\n{script.strip()}",
                "look at what the guest's kernel says: `vm.console()`",
            )
        before, code = found
        said = before.decode(errors="replace")
        if code:
            raise LabError(
                "running a script in the guest",
                f"it ended with exit code {code}:\n{script.strip()}\n{said}",
                "read its own words above",
            )
        return said

    def send(self, script: str) -> None:
        """Have a script run of which no end will be heard."""
        self._say(f"- {base64.b64encode(script.encode()).decode()}\n")

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def _say(self, text: str) -> None:
        try:
            self._line.sendall(text.encode())
        except OSError as error:
            raise LabError("talking to the guest", str(error), "start a fresh one") from None

    def _hear(self, end: re.Pattern[bytes], within: float) -> tuple[bytes, int] | None:
        """What comes before a line and the number in it (0 without); None if it does not come."""
        deadline = time.monotonic() + within
        while not (found := end.search(self._heard)):
            self._line.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                came = self._line.recv(65536)
            except OSError:  # a timeout, or QEMU is gone
                return None
            if not came:
                return None
            self._heard += came
        before, self._heard = self._heard[: found.start()], self._heard[found.end() :]
        return before, int(found[1]) if end.groups else 0
