"""Names: where a backend's host name leads, looked up beside the traffic and never within it.

A name server can take seconds to say that it knows nothing, as Docker's does for a container that
is gone. If requests or probes waited for that, one dead backend would hold up all the others. So
there is at most one look-up a name at a time, and until it is done the last answer holds.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket


class Name:
    """A host name and the IP addresses it last led to.

    Args:
        host: a name, or an IP address, which is never looked up.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.addresses: tuple[str, ...] = (host,) if _is_address(host) else ()
        self.lost = False
        """Whether the last look-up failed: the addresses are then those of an earlier one."""
        self.problem = f"{host} has not been looked up yet"
        """Why there are no addresses, where there are none."""
        self._lookup: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        """Look the name up again, and wait for the answer only where there has been none yet.

        Cancelling this stops the waiting, not the look-up.
        """
        if _is_address(self.host):
            return
        if self._lookup is None or self._lookup.done():
            self._lookup = asyncio.get_running_loop().create_task(self._look_up())
        if not self.addresses:
            await asyncio.shield(self._lookup)

    def forget(self, address: str) -> None:
        """Hold an address for gone, until a look-up brings it again."""
        self.addresses = tuple(each for each in self.addresses if each != address)

    async def _look_up(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self.host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # UnicodeError: no name may look like that
            said = getattr(error, "strerror", None) or error
            self.problem = f"{self.host} cannot be looked up: {said}"
            self.lost = True
        else:
            self.lost = False
            self.addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
