import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def test_a_connection_is_used_again(lab, backend):
    for _ in range(3):
        assert lab.ask("GET", "/")[0] == 200
    assert len(set(map(id, backend.connections))) == 1


def test_an_answer_may_arrive_byte_by_byte(lab, backend):
    def script(connection, head):
        for byte in OK:
            connection.send(bytes((byte,)))

    backend.script = script
    assert lab.ask("GET", "/")[2] == b"hello"


@pytest.mark.parametrize(
    "surplus", [b"X", OK, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstrange"]
)
def test_surplus_never_reaches_the_next_request(lab, backend, surplus):
    backend.script = lambda connection, head: connection.send(OK + surplus)
    for _ in range(2):
        assert lab.ask("GET", "/")[2] == b"hello"
    assert len(set(map(id, backend.connections))) == 2


def test_surplus_that_comes_late_never_reaches_the_next_request(lab, backend):
    backend.script = lambda connection, head: connection.answer(head.split()[1])
    for number in range(50):
        path = f"/{number}"
        assert lab.ask("GET", path)[2] == path.encode()
        # In the kernel, at the latest, when the next request is; the loop may not have seen it.
        backend.connections[-1].send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray")


def test_what_arrived_before_a_connection_was_given_a_request_is_not_its_answer(make_balancer):
    balancer = make_balancer(weights=(1, 0))
    client, connection = balancer.client(), balancer.idle("a")
    client.data_received(b"GET /recommend/1 HTTP/1.1\r\nHost: lab\r\n\r\n")
    connection.data_received(OK)  # the loop came to know of both in the same turn
    balancer.next_turn()
    assert connection.transport.aborted
    assert (connection.transport.sent, client.transport.sent) == (b"", b"")
    assert balancer.connecting == ["a"]


def test_an_answer_before_the_end_of_the_request_ends_both_connections(lab, backend):
    backend.script = lambda connection, head: connection.answer(b"early", b"403 No")
    request = b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 10\r\n\r\nhalf"
    received = lab.talk(request)
    assert received.startswith(b"HTTP/1.1 403 No\r\n")
    assert received.endswith(b"Connection: close\r\n\r\nearly")
    assert lab.ask("GET", "/")[0] == 403
    assert len(set(map(id, backend.connections))) == 2


@pytest.mark.parametrize(
    "sent",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nBad : header\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 3000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_that_makes_no_sense_is_a_502(lab, backend, sent):
    backend.script = lambda connection, head: connection.send(sent)
    status, _, body = lab.ask("POST", "/")
    assert status == 502
    assert b"makes no sense" in body


def test_a_backend_that_closes_its_answers_with_the_connection(lab, backend):
    def script(connection, head):
        connection.send(b"HTTP/1.0 200 OK\r\n\r\nall of it")
        connection.close()

    backend.script = script
    status, headers, body = lab.ask("GET", "/")
    assert (status, body, headers["Transfer-Encoding"]) == (200, b"all of it", "chunked")


def test_connections_to_a_backend_that_asks_for_it_are_not_kept(lab, backend):
    backend.script = lambda connection, head: connection.answer(headers=b"Connection: close\r\n")
    for _ in range(2):
        assert lab.ask("GET", "/")[0] == 200
    assert len(set(map(id, backend.connections))) == 2
