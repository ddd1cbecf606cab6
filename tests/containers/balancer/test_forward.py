import pytest

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_bodies_pass_both_ways(lab, backend):
    body = bytes(range(256)) * 4_000
    backend.script = lambda connection, head: connection.answer(connection.read(len(body)))
    assert lab.ask("POST", "/", body)[2] == body


def test_chunks_pass_both_ways(lab, backend):
    def script(connection, head):
        assert b"Transfer-Encoding: chunked" in head
        connection.send(CHUNKED + connection.read_until(b"0\r\n\r\n"))

    backend.script = script
    assert lab.ask("POST", "/", iter([b"one", b"two"]))[2] == b"onetwo"


def test_chunks_leave_as_they_come(lab, backend):
    def script(connection, head):
        connection.send(CHUNKED + b"5\r\nfirst\r\n")
        lab.until(lambda: seen)
        connection.send(b"4\r\nlast\r\n0\r\n\r\n")

    backend.script = script
    seen = []
    with lab.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
        received = b""
        while b"first" not in received:
            received += sock.recv(1000)
        seen.append(True)
        assert lab.read_to_end(sock).endswith(b"last\r\n0\r\n\r\n")


def test_chunks_are_unpacked_for_http_1_0(lab, backend):
    backend.script = lambda connection, head: connection.send(CHUNKED + b"3\r\nall\r\n0\r\n\r\n")
    assert lab.talk(b"GET / HTTP/1.0\r\n\r\n").endswith(b"Connection: close\r\n\r\nall")


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        ("HEAD", CHUNKED),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
    ],
)
def test_answers_without_a_body_end_with_their_head(lab, backend, method, answer):
    backend.script = lambda connection, head: connection.send(answer)
    for _ in range(2):
        status, _, body = lab.ask(method, "/")
        assert (status, body) == (int(answer[9:12]), b"")
    assert len(set(map(id, backend.connections))) == 1


def test_hints_before_the_answer_are_passed_on_and_100_is_not(lab, backend):
    hints = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"

    def script(connection, head):
        connection.send(hints)
        connection.answer()

    backend.script = script
    received = lab.talk(b"GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK")


def test_a_backend_cannot_speak_for_the_balancer(lab, backend):
    forged = b"X-Variant: b\r\nX-Request-Id: forged\r\nKeep-Alive: 5\r\n"
    backend.script = lambda connection, head: connection.answer(headers=forged)
    _, headers, _ = lab.ask("GET", "/")
    assert headers.get_all("X-Variant") == ["a"]
    assert "forged" not in headers.get_all("X-Request-Id")
    assert "Keep-Alive" not in headers


def test_a_backend_that_hangs_up_without_an_answer_is_a_502(lab, backend):
    backend.script = lambda connection, head: connection.close()
    status, headers, body = lab.ask("POST", "/hangs-up")
    assert (status, headers["X-Variant"]) == (502, "a")
    assert b"closed the connection without an answer" in body
    event = lab.event_of("/hangs-up")
    assert (event["status"], event["backend"]) == (502, backend.address)
    assert "without an answer" in event["error"]


def close_used_connections(backend):
    """A script: a connection's first request is answered, its second is hung up on."""

    def script(connection, head):
        if backend.connections.count(connection) > 1:
            connection.close()
        else:
            connection.answer()

    backend.script = script


def test_an_idempotent_request_on_a_stale_connection_is_repeated_once(lab, backend):
    close_used_connections(backend)
    assert [lab.ask("GET", "/")[0] for _ in range(4)] == [200] * 4
    assert len(backend.heads) > 4


def test_other_requests_are_never_repeated(lab, backend):
    close_used_connections(backend)
    assert [lab.ask("POST", "/")[0] for _ in range(2)] == [200, 502]
    assert len(backend.heads) == 2


def test_an_idempotent_request_on_a_new_connection_is_not_repeated(lab, backend):
    backend.script = lambda connection, head: connection.close()
    lab.ask("GET", "/")  # whatever connections there were, they are used up
    backend.heads.clear()
    assert lab.ask("GET", "/")[0] == 502
    assert len(backend.heads) == 1


@pytest.mark.parametrize(
    "half",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", CHUNKED + b"4\r\nhalf\r\n"],
)
def test_a_backend_that_dies_in_the_middle_cuts_the_client_off(lab, backend, half):
    def script(connection, head):
        connection.send(half)
        lab.until(lambda: seen)
        connection.close()

    backend.script = script
    seen = []
    before = len(lab.events())
    with lab.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n")
        received = b""
        while b"half" not in received:
            received += sock.recv(1000)
        seen.append(True)
        received += lab.read_to_end(sock)
    assert not received.endswith(b"0\r\n\r\n")
    (event,) = lab.events()[before:]
    assert (event["status"], event["error"]) == (
        200,
        f"backend {backend.address} closed in the middle of its answer",
    )


def test_a_silent_backend_is_a_504(lab, backend):
    backend.script = lambda connection, head: connection.read(1)
    status, _, body = lab.ask("GET", "/silent")
    assert (status, lab.event_of("/silent")["status"]) == (504, 504)
    assert b"silent for 0.9 s" in body


def test_a_backend_that_falls_silent_in_the_middle_cuts_the_client_off(lab, backend):
    def script(connection, head):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        connection.read(1)

    backend.script = script
    assert lab.talk(b"GET /falls-silent HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"half")
    assert "silent" in lab.event_of("/falls-silent")["error"]


def test_a_backend_that_nobody_listens_at_is_a_502(make_backend, make_lab):
    backend = make_backend()
    lab = make_lab({"a": [backend]}, interval_s=3600.0)
    backend.close()
    status, _, body = lab.ask("GET", "/nobody")
    assert status == 502
    assert b"cannot be reached" in body
    assert lab.event_of("/nobody")["status"] == 502


def test_without_a_healthy_backend_the_answer_is_503_and_counts_for_the_variant(lab, backend):
    backend.healthy = False
    lab.until(lambda: lab.backends()[0]["health"] == "unhealthy")
    status, headers, body = lab.ask("GET", "/nobody-healthy")
    backend.healthy = True
    lab.until(lambda: lab.backends()[0]["health"] == "healthy")
    assert (status, headers["X-Variant"]) == (503, "a")
    assert b"no healthy backend" in body
    event = lab.event_of("/nobody-healthy")
    assert (event["variant"], event["backend"], event["status"]) == ("a", None, 503)


def test_the_header_names_the_user_where_the_path_does_not(lab):
    lab.ask("GET", "/by-header", headers={"X-User-Id": "z\u00e9"})
    lab.ask("GET", "/recommend/a%20b/more?x")
    lab.ask("GET", "/nobody-at-all")
    users = {event.get("path"): event["user_id"] for event in lab.events()}
    assert users["/by-header"] == "z\u00e9"
    assert users["/recommend/a%20b/more?x"] == "a b"
    assert users["/nobody-at-all"] is None
