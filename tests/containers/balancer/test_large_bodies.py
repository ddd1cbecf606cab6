"""A gigabyte goes through a balancer that never has more than 64 MB, both ways.

One side does not read at first. What is asked then is not how long anything takes, but whether the
other side had to stop: what it could not send is nowhere but with itself.
"""

import re
import threading
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("linux")

SIZE = 2**30
BLOCK = bytes(2**20)
MOST_MEMORY = 64 * 2**20
MOST_UNDER_WAY = SIZE // 8  # far more than the kernel may hold at the four ends of two connections
CHUNK = b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK)


class Sender(threading.Thread):
    """Sends a gigabyte as fast as it is taken.

    Args:
        send: sends all of a block, waiting as long as it takes.
        block: with its frame, if it has one.
        end: what follows the last block.
    """

    def __init__(self, send, block=BLOCK, end=b""):
        super().__init__(daemon=True)
        self.sent = 0
        self._send, self._block, self._end = send, block, end

    def run(self):
        for _ in range(SIZE // len(BLOCK)):
            self._send(self._block)
            self.sent += len(BLOCK)
        self._send(self._end)

    def stops(self):
        """Whether it gets no further, although it would."""
        before = self.sent
        time.sleep(0.2)
        return 0 < before == self.sent


@pytest.fixture
def big_lab(make_backend, make_lab):
    backend = make_backend()
    return make_lab({"a": [backend]}, limits=f"body_bytes = {2 * SIZE}"), backend


def peak_memory(lab):
    """The most physical memory that the balancer's process has had so far."""
    status = Path(f"/proc/{lab.process.pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.M)[1]) * 1024


def skip_chunks(connection):
    """Read chunks to their end; how many bytes they held."""
    total = 0
    while size := int(connection.read_until(b"\r\n"), 16):
        assert connection.skip(size + 2)
        total += size
    connection.read_until(b"\r\n")
    return total


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_gigabyte_up_to_a_backend_that_is_slow_at_first(big_lab, chunked):
    lab, backend = big_lab
    go, received = threading.Event(), []

    def script(connection, head):
        go.wait(60)
        received.append(skip_chunks(connection) if chunked else connection.skip(SIZE) and SIZE)
        connection.answer()

    backend.script = script
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % SIZE
    with lab.connect() as sock:
        sock.settimeout(None)
        sock.sendall(b"PUT /up HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n%b\r\n\r\n" % framing)
        sender = Sender(sock.sendall, *((CHUNK, b"0\r\n\r\n") if chunked else ()))
        sender.start()
        lab.until(sender.stops)
        assert sender.sent < MOST_UNDER_WAY
        go.set()
        sender.join()
        assert lab.read_to_end(sock).endswith(b"hello")
    assert received == [SIZE]
    assert peak_memory(lab) < MOST_MEMORY
    assert lab.event_of("/up")["status"] == 200


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_gigabyte_down_to_a_client_that_is_slow_at_first(big_lab, chunked):
    lab, backend = big_lab
    senders = []

    def script(connection, head):
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % SIZE
        connection.send(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % framing)
        senders.append(Sender(connection.send, *((CHUNK, b"0\r\n\r\n") if chunked else ())))
        senders[0].run()

    backend.script = script
    with lab.stream() as client:
        client.send(b"GET /down HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
        (sender,) = lab.until(lambda: senders)
        lab.until(sender.stops)
        assert sender.sent < MOST_UNDER_WAY
        client.read_until(b"\r\n\r\n")
        assert (skip_chunks(client) if chunked else client.skip(SIZE) and SIZE) == SIZE
        assert lab.read_to_end(client.sock) == b""
    assert peak_memory(lab) < MOST_MEMORY
    assert lab.event_of("/down")["status"] == 200
