import contextlib
import re
import socket
import struct

import pytest

GET = b"GET /%b HTTP/1.1\r\nHost: lab\r\n%b\r\n"


def get(path=b"", *headers):
    return GET % (path, b"".join(each + b"\r\n" for each in headers))


def statuses(received):
    return re.findall(rb"HTTP/1\.1 (\d{3}) ", received)


CLOSE = b"Connection: close"


def test_an_answer_carries_its_variant_and_an_id_that_is_in_the_log(lab):
    status, headers, body = lab.ask("GET", "/recommend/17?n=10")
    assert (status, body, headers["X-Variant"]) == (200, b"hello", "a")
    event = lab.event_of("/recommend/17?n=10")
    assert event["request_id"] == headers["X-Request-Id"]
    assert (event["user_id"], event["variant"], event["status"]) == ("17", "a", 200)
    assert "error" not in event


def test_pipelined_requests_are_answered_in_order(lab, backend):
    backend.script = lambda connection, head: connection.answer(head.split(b" ")[1])
    received = lab.talk(
        get(b"1") + get(b"2") + b"GET /outcome HTTP/1.1\r\nHost: x\r\n\r\n" + get(b"3", CLOSE)
    )
    assert re.findall(rb"\r\n\r\n(/\d|\{)", received) == [b"/1", b"/2", b"{", b"/3"]


def test_many_pipelined_requests_are_answered_one_after_the_other(lab):
    received = lab.talk(b"PUT /outcome HTTP/1.1\r\nHost: lab\r\n\r\n" * 3000 + get(b"last", CLOSE))
    assert statuses(received) == [b"405"] * 3000 + [b"200"]


def test_a_request_may_arrive_byte_by_byte(lab, backend):
    with lab.connect() as sock:
        for byte in get(b"slow", CLOSE):
            sock.sendall(bytes((byte,)))
        assert lab.read_to_end(sock).endswith(b"hello")


def test_the_backend_gets_the_request_rewritten(lab, backend):
    lab.talk(get(b"x", CLOSE, b"X-Request-Id: forged", b"X-Forwarded-For: 10.0.0.1", b"Accept: y"))
    request_line, *lines = backend.heads[0].strip().split(b"\r\n")
    assert request_line == b"GET /x HTTP/1.1"
    request_id = lab.event_of("/x")["request_id"].encode()
    assert sorted(lines) == [
        b"Accept: y",
        b"Host: lab",
        b"X-Forwarded-For: 10.0.0.1, 127.0.0.1",
        b"X-Request-Id: " + request_id,
    ]


def test_http_1_0_gets_its_answer_and_the_end(lab):
    received = lab.talk(b"GET / HTTP/1.0\r\n\r\n")
    assert statuses(received) == [b"200"]
    assert received.endswith(b"\r\n\r\nhello")


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (b"400", b"GET / HTTP/1.1\r\n\r\n"),
        (b"400", b"GET / HTTP/1.1\nHost: lab\n\n"),
        (b"400", b"GET / HTTP/1.1\nHost: lab\n\nGET / HTTP/1.1\r\nHost: lab\r\n\r\n"),
        (b"400", get(b"", b"Content-Length: 3", b"Transfer-Encoding: chunked") + b"0\r\n\r\n"),
        (b"400", b"\x16\x03\x01\x02\x00\r\n\r\n"),
        (b"400", get(b"", b"Transfer-Encoding: chunked") + b"zz\r\n"),
        (b"413", get(b"", b"Content-Length: 3000001")),
        (b"431", get(b"", b"X: " + b"x" * 3000)),
        (b"431", b"GET /" + b"x" * 3000),
        (b"501", get(b"", b"Upgrade: websocket", b"Connection: upgrade")),
    ],
)
def test_a_refused_request_is_answered_recorded_and_the_end(lab, status, sent):
    before = len(lab.events())
    received = lab.talk(sent + get(b"smuggled"))
    assert statuses(received) == [status]
    assert b'{"error": ' in received
    (event,) = lab.events()[before:]
    assert (str(event["status"]).encode(), bool(event["error"])) == (status, True)


def test_chunks_beyond_the_limit_are_refused(lab, backend):
    backend.script = lambda connection, head: connection.read_until(b"never")
    chunk = b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n"
    received = lab.talk(get(b"", b"Transfer-Encoding: chunked") + chunk * 4)
    assert statuses(received) == [b"413"]


def test_a_client_that_expects_it_is_told_to_continue(lab, backend):
    def script(connection, head):
        assert b"expect" not in head.lower()
        connection.answer(connection.read(4))

    backend.script = script
    with lab.connect() as sock:
        sock.sendall(get(b"", b"Expect: 100-continue", b"Content-Length: 4", CLOSE))
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"body")
        assert lab.read_to_end(sock).endswith(b"\r\n\r\nbody")


def test_a_head_that_does_not_end_in_time_is_answered_with_408(lab):
    assert statuses(lab.talk(b"GET / HTTP/1.1\r\n")) == [b"408"]


def test_a_body_that_does_not_end_in_time_is_answered_with_408(lab, backend):
    backend.script = lambda connection, head: connection.read(10)
    assert statuses(lab.talk(get(b"", b"Content-Length: 10") + b"half")) == [b"408"]


def test_a_silent_connection_is_closed_without_a_word(lab):
    assert lab.talk(b"") == b""


def test_a_client_that_leaves_is_recorded_and_its_backend_left(lab, backend):
    left = []

    def script(connection, head):
        left.append(connection.read(1))

    backend.script = script
    with lab.connect() as sock:
        sock.sendall(get(b"left"))
        lab.until(lambda: backend.heads)
    assert lab.event_of("/left")["status"] == 499
    assert lab.until(lambda: left) == [None]
    assert lab.backends()[0]["in_flight"] == 0


def test_a_client_that_resets_in_the_middle_of_a_body_is_recorded(lab, backend):
    backend.script = lambda connection, head: connection.read(10)
    with lab.connect() as sock:
        sock.sendall(get(b"reset", b"Content-Length: 10") + b"half")
        lab.until(lambda: backend.heads)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert lab.event_of("/reset")["status"] == 499


def test_a_client_that_does_not_read_holds_up_the_backend_and_is_left(lab, backend):
    sent = []

    def script(connection, head):
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.send(b"x" * 65_536)
            sent.append(65_536)

    backend.script = script
    with lab.connect() as sock:
        sock.sendall(get(b"deaf"))
        assert lab.event_of("/deaf")["status"] == 499
    # What the kernel's buffers take, and a little: not what a backend could send in a second.
    assert sum(sent) < 50_000_000


def test_a_body_waits_in_the_client_while_the_backend_does_not_read(lab, backend):
    body = bytes(range(256)) * 8_000

    def script(connection, head):
        lab.until(lambda: full)
        connection.answer(connection.read(len(body)))

    backend.script = script
    full = []
    with lab.connect() as sock:
        sock.sendall(get(b"", b"Content-Length: %d" % len(body), CLOSE))
        sock.sendall(body[:1_000_000])
        full.append(True)
        sock.sendall(body[1_000_000:])
        assert lab.read_to_end(sock).endswith(b"\r\n\r\n" + body)


def test_a_hundred_clients_get_each_their_own_answer(lab, backend):
    backend.script = lambda connection, head: connection.answer(head.split(b" ")[1])
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(lab.connect()) for _ in range(100)]
        for number, sock in enumerate(sockets):
            sock.sendall(get(b"%d" % number, CLOSE))
        received = [lab.read_to_end(sock).rpartition(b"\r\n\r\n")[2] for sock in sockets]
    assert received == [b"/%d" % number for number in range(100)]


@pytest.mark.parametrize(("sent", "status"), [(b"X: a\nb", b"400"), (b"X: ab", b"200")])
def test_a_head_that_comes_byte_by_byte_is_judged_as_one_that_comes_whole(lab, sent, status):
    with lab.connect() as sock:
        for byte in b"GET / HTTP/1.1\r\nHost: lab\r\n%b\r\nConnection: close\r\n\r\n" % sent:
            with contextlib.suppress(OSError):
                sock.send(bytes((byte,)))
        assert lab.read_to_end(sock)[9:12] == status


def test_what_is_thrown_away_after_a_refusal_does_not_hold_its_sender_up(make_balancer):
    balancer = make_balancer()
    client = balancer.client()
    client.data_received(b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 99999999\r\n\r\n")
    balancer.take_turn()
    balancer.take_turn()
    assert client.transport.sent.startswith(b"HTTP/1.1 413 ")
    paused = []
    client.transport.pause_reading = lambda: paused.append(True)
    client.data_received(bytes(200_000))
    balancer.take_turn()
    assert not paused
