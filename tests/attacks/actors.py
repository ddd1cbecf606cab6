"""Who takes part in an attack: a backend that records every byte, a proxy before it, a client."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from itertools import chain, pairwise
from pathlib import Path

from tests.attacks.wire import Message, requests_in

HOST = "127.0.0.1"
PATIENCE = 20.0  # seconds until a condition that should come true at once counts as false
PROBE = b"GET /healthz "


def until(condition):
    """Wait until a condition holds; what it returned."""
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
    return result


def has_arrived(sock: socket.socket) -> bool:
    """Whether the other side's kernel has all that was sent (Linux)."""
    import fcntl
    import termios

    unacknowledged = fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0" * 4)
    return int.from_bytes(unacknowledged, sys.byteorder) == 0


def answer(body=b"", status=b"200 OK", *lines: bytes) -> bytes:
    """An answer as a well-behaved backend gives it."""
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


class Link:
    """The backend's end of one connection; `received` has every byte that came over it."""

    def __init__(self, sock: socket.socket, *, narrow: bool = True) -> None:
        self.sock = sock
        self._narrow = narrow
        self.send = sock.sendall
        self.received = b""
        self.ended = False  # whether the other side has closed, or cut, the connection
        self._read = 0

    def fill(self) -> bool:
        """Wait for more bytes; false if the other side has gone."""
        try:
            data = self.sock.recv(65_536)
        except OSError:
            data = b""
        self.received += data
        self.ended = not data
        return bool(data)

    def request(self) -> Message | None:
        """The next complete request; None if the other side goes before."""
        while True:
            found, rest = requests_in(self.received[self._read :], narrow=self._narrow)
            if found:
                # A proxy waits for the answer before it sends the next request.
                assert len(found) == 1, found
                self._read = len(self.received) - len(rest)
                return found[0]
            if not self.fill():
                return None

    def requests(self) -> list[Message]:
        """Every complete request that has come."""
        return requests_in(self.received, narrow=self._narrow)[0]

    def head(self) -> bytes:
        """What has come once a head is complete."""
        while b"\r\n\r\n" not in self.received[self._read :] and self.fill():
            pass
        return self.received[self._read :]

    def wait_for_end(self) -> None:
        """Read on until the other side goes."""
        while self.fill():
            pass

    def reset(self) -> None:
        """Cut the connection as a crash does, with a reset."""
        reset(self.sock)


class Backend:
    """A server of raw bytes that records what it gets; health probes are answered aside.

    `script` is given each link that something else than a probe has come over.

    Args:
        port: 0 for a free one.
        narrow: whether requests are read as narrowly as the balancer should write them.
    """

    def __init__(self, port: int = 0, *, narrow: bool = True) -> None:
        self._narrow = narrow
        self._listening = socket.create_server((HOST, port), backlog=1024)
        self.port = self._listening.getsockname()[1]
        self.links: list[Link] = []
        self.clear()
        threading.Thread(target=self._accept, daemon=True).start()

    def clear(self) -> None:
        """Hang up on everybody, forget everything, and be polite again."""
        for link in self.links:
            with suppress(OSError):
                link.sock.shutdown(socket.SHUT_RDWR)
        self.links = []
        self.script: Callable[[Link], None] = polite

    def close(self) -> None:
        # Closing alone leaves the port open for as long as the other thread waits in accept.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def requests(self) -> list[Message]:
        """Every complete request that has come, in the order of the ids the balancer gave."""
        found = chain.from_iterable(link.requests() for link in list(self.links))
        return sorted(found, key=_number)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=self._serve, args=(Link(sock, narrow=self._narrow),), daemon=True
            ).start()

    def _serve(self, link: Link) -> None:
        # OSError: the other side left. AssertionError: a test finds the same bytes in `received`.
        with closing(link.sock), suppress(OSError, AssertionError):
            if not link.fill():
                return
            if link.received.startswith(PROBE):
                link.send(answer())
                return
            self.links.append(link)
            self.script(link)


def _number(request: Message) -> int:
    ids = request.all(b"x-request-id")
    return int(ids[0].rpartition(b"-")[2], 16) if ids else 0


def polite(link: Link) -> None:
    """Answer every request with what it asked for."""
    while (request := link.request()) is not None:
        method, target = request.start
        what = method + b" " + target
        link.send(answer(what) if method != b"HEAD" else answer(what)[: -len(what)])


class Client:
    """Raw conversations with whoever listens at a port."""

    port: int

    def connect(self, timeout: float = PATIENCE) -> socket.socket:
        sock = socket.create_connection((HOST, self.port), timeout=timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def talk(self, data: bytes, cuts: Iterable[int] = ()) -> bytes:
        """Send bytes, in several pieces if so wished; what comes back until the end."""
        marks = [0, *sorted(set(cuts)), len(data)]
        with self.connect() as sock:
            with suppress(BrokenPipeError, ConnectionResetError):
                for start, end in pairwise(marks):
                    sock.sendall(data[start:end])
                    if end < len(data):
                        time.sleep(0.0003)  # or the pieces would arrive as one
            return read_to_end(sock)

    def converse(self, data: bytes) -> bytes:
        """Send bytes, and say that this was all where nothing comes back for a while."""
        with self.connect(timeout=0.1) as sock:
            received = b""
            with suppress(ConnectionError):
                sock.sendall(data)
                while piece := self._take(sock):
                    received += piece
            return received

    @staticmethod
    def _take(sock: socket.socket) -> bytes:
        try:
            return sock.recv(65_536)
        except TimeoutError:
            sock.settimeout(PATIENCE)
            sock.shutdown(socket.SHUT_WR)
            return sock.recv(65_536)


def read_to_end(sock: socket.socket) -> bytes:
    """Everything until the other side closes, or cuts, the connection."""
    received = b""
    with suppress(ConnectionResetError):
        while data := sock.recv(65_536):
            received += data
    return received


def reset(sock: socket.socket) -> None:
    """End a connection with a reset instead of a farewell."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Balancer(Client):
    """The balancer as a process, known by its settings, its ports and its event log.

    Args:
        folder: for its settings and event log.
        backend_port: of its only backend, of variant a.
        limits: lines of TOML.
        listen: a port, where the caller has to know it beforehand.
    """

    def __init__(self, folder: Path, backend_port: int, limits: str = "", listen: int = 0) -> None:
        self.log = folder / "events.jsonl"
        self._stderr = folder / "stderr"
        config = folder / "balancer.toml"
        config.write_text(
            f'listen = "{HOST}:{listen}"\nadmin = "{HOST}:0"\nevent_log = {str(self.log)!r}\n'
            f"salt = 'attacks'\n"
            f'[variants.a]\nweight = 1\nbackends = ["{HOST}:{backend_port}"]\n'
            f"[health]\ninterval_s = 3600.0\n[limits]\n{limits}"
        )
        command = [sys.executable, "-P", "-m", "balancer", "--config", config]
        with self._stderr.open("w") as stderr:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=stderr, text=True
            )
        ready_line = self.process.stdout.readline()
        self.port, self.admin_port = map(int, re.findall(r":(\d+)\b", ready_line)[:2])
        until(lambda: self.status()["variants"]["a"]["backends"][0]["health"] == "healthy")

    def stop(self) -> None:
        """End it; an exception that the loop caught and only printed fails the test here."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        assert "Traceback" not in (said := self._stderr.read_text()), said
        assert code == 0 or os.name == "nt"

    def mark(self) -> int:
        """Where the event log ends now."""
        return self.log.stat().st_size

    def events(self, since: int = 0) -> list[dict]:
        """The whole lines of the event log, from a mark on; the last may still be on its way."""
        with self.log.open("rb") as log:
            log.seek(since)
            return [json.loads(line) for line in log if line.endswith(b"\n")]

    def event_of(self, path: str) -> dict:
        """The event of the only request to a path, once it is written."""
        (event,) = until(lambda: [each for each in self.events() if each["path"] == path])
        return event

    def status(self) -> dict:
        """What the admin port says."""
        with socket.create_connection((HOST, self.admin_port), timeout=PATIENCE) as sock:
            sock.sendall(b"GET /status HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
            return json.loads(read_to_end(sock).partition(b"\r\n\r\n")[2])

    def in_flight(self) -> int:
        """The requests that the backend is thought to work on."""
        return self.status()["variants"]["a"]["backends"][0]["in_flight"]


class Haproxy(Client):
    """HAProxy as a process, with limits like the balancer's.

    Args:
        folder: for its settings.
        backend_port: of its only backend.
        port: a free one.
    """

    def __init__(self, folder: Path, backend_port: int, port: int) -> None:
        self.port = port
        config = folder / "haproxy.cfg"
        config.write_text(
            "global\n    nbthread 1\n    tune.bufsize 4096\n    tune.maxrewrite 1024\n"
            "defaults\n    mode http\n    http-reuse never\n    timeout connect 2s\n"
            "    timeout client 1s\n    timeout server 2s\n    timeout http-request 1s\n"
            f"frontend visitors\n    bind {HOST}:{port}\n    default_backend recommenders\n"
            f"backend recommenders\n    server a {HOST}:{backend_port}\n"
        )
        self.process = subprocess.Popen(["haproxy", "-db", "-f", config], stderr=subprocess.PIPE)
        until(self._listens)

    def _listens(self) -> bool:
        assert self.process.poll() is None, self.process.stderr.read()
        with suppress(OSError), self.connect():
            return True
        return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stderr.close()


def agree(requests: Sequence[Message], events: Sequence[dict]) -> None:
    """Check that a backend got exactly the requests that the event log has as forwarded whole."""
    forwarded = [
        (event["request_id"], event["method"], event["path"])
        for event in events
        if event["backend"] is not None and "error" not in event
    ]
    got = [(request.one(b"x-request-id").decode(), *request.what[:2]) for request in requests]
    assert got == forwarded
    assert all(request.one(b"x-forwarded-for").endswith(HOST.encode()) for request in requests)
