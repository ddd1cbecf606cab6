"""The balancer as a process, in front of backends that do exactly what a test says."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection

import pytest
from balancer.backend import Target
from balancer.backend_side import BackendConnection
from balancer.balancer import Balancer
from balancer.client_side import ClientConnection
from balancer.control import View
from balancer.event_log import EventLog
from balancer.settings import parse

HOST = "127.0.0.1"
PATIENCE = 20.0  # seconds until a condition that should come true at once counts as false


def until(condition):
    """Wait until a condition holds; what it returned."""
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return result


class Connection:
    """The other end of a connection with the balancer."""

    def __init__(self, sock):
        self.sock = sock
        self.send = sock.sendall
        self._unread = b""

    def read_until(self, end):
        """Bytes up to and including `end`; None if the balancer closes before."""
        while end not in self._unread:
            data = self.sock.recv(65_536)
            if not data:
                return None
            self._unread += data
        head, self._unread = self._unread.split(end, 1)
        return head + end

    def read(self, size):
        while len(self._unread) < size:
            data = self.sock.recv(65_536)
            if not data:
                return None
            self._unread += data
        data, self._unread = self._unread[:size], self._unread[size:]
        return data

    def skip(self, size):
        """Read as many bytes, and keep none of them."""
        kept, self._unread = self._unread, self._unread[size:]
        left = size - len(kept) + len(self._unread)
        buffer = memoryview(bytearray(2**18))
        while left and (count := self.sock.recv_into(buffer, min(left, len(buffer)))):
            left -= count
        return left == 0

    def answer(self, body=b"hello", status=b"200 OK", headers=b""):
        """Answer as a well-behaved backend does."""
        head = b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n" % (status, len(body), headers)
        self.send(head + body)

    def close(self):
        """Close now, although the thread that reads still holds the socket."""
        self.sock.shutdown(socket.SHUT_RDWR)


class Backend:
    """A server of raw bytes: healthy, and with `script` for every other request.

    Args:
        port: 0 for a free one.
    """

    def __init__(self, port=0):
        self._listening = socket.create_server((HOST, port), backlog=512)
        self.port = self._listening.getsockname()[1]
        self.address = f"{HOST}:{self.port}"
        self.reset()
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self):
        self.heads = []
        self.connections = []
        self.healthy = True
        self.script = lambda connection, head: connection.answer()

    def close(self):
        # Closing alone leaves the port open for as long as the other thread waits in accept.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            connection = Connection(sock)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        # OSError: the balancer left, as some tests want it to.
        with closing(connection.sock), suppress(OSError):
            while (head := connection.read_until(b"\r\n\r\n")) is not None:
                if head.startswith(b"GET /healthz "):
                    connection.answer(status=b"200 OK" if self.healthy else b"503 No")
                    continue
                self.heads.append(head)
                self.connections.append(connection)
                self.script(connection, head)


class Lab:
    """A balancer in a process of its own, and all that a test asks of it.

    Args:
        folder: for its settings and event log.
        variants: the backends of each variant; their weights are all 1.
        interval_s: between two probes of a backend.
        limits: lines of TOML.
        eject_after: failed requests in a row; by default more than any test makes.
        settings: further lines of TOML, outside any section.
    """

    def __init__(self, folder, variants, interval_s=0.05, limits="", eject_after=1000, settings=""):
        self.log = folder / "events.jsonl"
        self.config = folder / "balancer.toml"
        self._stderr = folder / "stderr"
        sections = "".join(
            f"[variants.{name}]\nweight = 1\nbackends = {[each.address for each in backends]!r}\n"
            for name, backends in variants.items()
        )
        self.config.write_text(
            f'listen = "{HOST}:0"\nadmin = "{HOST}:0"\nevent_log = {str(self.log)!r}\n'
            f"salt = 'test'\n{settings}\n{sections}[health]\ninterval_s = {interval_s}\nfall = 2\n"
            f"rise = 2\neject_after = {eject_after}\neject_s = 0.5\n[limits]\n{limits}"
        )
        self.start()

    def start(self):
        self.launch()
        until(lambda: all(each["health"] != "unknown" for each in self.backends()))

    def launch(self):
        """Start it, and wait for its word that it is ready."""
        command = [sys.executable, "-m", "balancer", "--config", self.config]
        with self._stderr.open("a") as stderr:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=stderr, text=True
            )
        self.ready_line = self.process.stdout.readline()
        self.port, self.admin_port = map(int, re.findall(r":(\d+)\b", self.ready_line)[:2])

    def stop(self, number=signal.SIGTERM):
        """Send a signal and wait for the end; the exit code.

        An exception that the loop caught and only printed fails the test here.
        """
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        assert "Traceback" not in self._stderr.read_text()
        return code

    def restart(self):
        self.stop(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        self.start()

    def events(self):
        return [json.loads(line) for line in self.log.read_bytes().splitlines()]

    def event_of(self, path):
        """The event of the only request to a path, once it is written."""
        (event,) = until(lambda: [each for each in self.events() if each.get("path") == path])
        return event

    def status(self):
        return json.loads(self.ask("GET", "/status", port=self.admin_port)[2])

    def backends(self):
        variants = self.status()["variants"].values()
        return [backend for variant in variants for backend in variant["backends"]]

    def ask(self, method, path, body=None, headers=None, port=None):
        """One request by a well-behaved client: status, headers, body."""
        connection = HTTPConnection(HOST, port or self.port, timeout=PATIENCE)
        with closing(connection):
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    @contextmanager
    def connect(self):
        with socket.create_connection((HOST, self.port), timeout=PATIENCE) as sock:
            yield sock

    @contextmanager
    def stream(self):
        """A connection that can be read from as backends do."""
        with self.connect() as sock:
            yield Connection(sock)

    def talk(self, data):
        """Send bytes as they are; everything that comes back until the balancer closes."""
        with self.connect() as sock:
            sock.sendall(data)
            return self.read_to_end(sock)

    @staticmethod
    def read_to_end(sock):
        """Everything until the balancer closes, or cuts, the connection."""
        received = b""
        with suppress(ConnectionResetError):
            while data := sock.recv(65_536):
                received += data
        return received

    until = staticmethod(until)


@pytest.fixture(scope="module")
def _backend():
    backend = Backend()
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def _lab(_backend, tmp_path_factory):
    limits = "header_bytes = 2048\nbody_bytes = 3_000_000\n"
    limits += "client_header_s = 0.6\nclient_idle_s = 1.2\nbackend_response_s = 0.9\n"
    lab = Lab(tmp_path_factory.mktemp("lab"), {"a": [_backend]}, limits=limits)
    yield lab
    lab.stop()


@pytest.fixture
def backend(_backend):
    """The only backend, of variant a; a test gives it its `script`."""
    _backend.reset()
    return _backend


@pytest.fixture
def lab(_lab, backend):
    """A balancer in front of `backend`, with small limits and short patience."""
    return _lab


@pytest.fixture
def make_backend():
    """Further backends."""
    made = []

    def make(port=0):
        made.append(Backend(port))
        return made[-1]

    yield make
    for backend in made:
        backend.close()


@pytest.fixture
def make_lab(tmp_path):
    """Further balancers, for tests that end them or need other settings."""
    made = []

    def make(variants, **options):
        made.append(Lab(tmp_path, variants, **options))
        return made[-1]

    yield make
    for lab in made:
        lab.stop()


class Transport:
    """As much of a transport as connections need; what is sent is remembered."""

    def __init__(self):
        self.sent = b""
        self.aborted = False

    def write(self, data):
        self.sent += data

    def abort(self):
        self.aborted = True

    close = abort

    def is_closing(self):
        return self.aborted

    def get_extra_info(self, name):
        return ("192.0.2.1", 4711)

    def pause_reading(self):
        pass

    resume_reading = write_eof = pause_reading


class SocketlessBalancer(Balancer):
    """A balancer without a loop and without sockets: turns are taken when a test says so."""

    def __init__(self, settings, log, targets):
        super().__init__(
            settings, EventLog(log), failing=lambda *failure: self.failing.append(failure)
        )
        self.failing = []
        self.connecting = []
        self._targets = targets
        self.apply(self.view())

    def view(self, weights=None):
        return View(weights or self.settings.weights, self._targets, [])

    def turn_soon(self):
        self.turning = True

    def next_turn(self):
        self.take_turn()

    def client(self):
        client = ClientConnection(self)
        client.connection_made(transport := Transport())
        client.transport = transport
        return client

    def idle(self, variant, number=0):
        """One more connection to a backend of a variant, free."""
        backend = list(self.variants[variant].backends.values())[number]
        connection = BackendConnection(backend)
        connection.connection_made(transport := Transport())
        connection.transport = transport
        connection.used = True
        backend.keep(connection)
        return connection


@pytest.fixture
def make_balancer(tmp_path, monkeypatch):
    """Balancers without sockets; variants a and b, at 70 and 30 unless weights are given."""

    def make(*, a=("a:1",), b=("b:1",), healthy=True, weights=(70, 30), **settings):
        variants = {"a": a, "b": b}
        table = {"event_log": str(tmp_path / "log"), "salt": "test", "seed": 17, **settings}
        table["variants"] = {
            name: {"weight": weight, "backends": ["nowhere:1"]}
            for name, weight in zip(variants, weights, strict=True)
        }
        targets = {
            variant: [Target(name, "192.0.2.9", 1, healthy) for name in names]
            for variant, names in variants.items()
        }
        balancer = SocketlessBalancer(parse(table), tmp_path / "log", targets)
        monkeypatch.setattr(
            "balancer.forward.Forwarded._connect",
            lambda exchange, backend, payload=b"": balancer.connecting.append(backend.variant),
        )
        return balancer

    return make
