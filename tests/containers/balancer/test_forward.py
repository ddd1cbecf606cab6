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


# Tried again elsewhere, once, if that is harmless.


def hang_up(connection, head):
    connection.close()


def say_nothing(connection, head):
    connection.read(1)


@pytest.fixture
def two(make_backend, make_lab):
    """A balancer with two backends for one variant; the first has the next turn."""
    one, other = make_backend(), make_backend()
    lab = make_lab({"a": [one, other]}, limits="backend_response_s = 0.4")
    lab.until(lambda: lab.ask("GET", "/")[0] == 200 and other.heads)
    one.heads.clear()
    other.heads.clear()
    return lab, one, other


def of_first(lab, one, path, method="GET"):
    """A request whose turn it is to go to the first backend: status, body, event."""
    status, _, body = lab.ask(method, path)
    if not one.heads:
        status, _, body = lab.ask(method, path := path + "again")
    return status, body, lab.event_of(path)


@pytest.mark.parametrize("trouble", [hang_up, say_nothing])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_what_may_be_repeated_is_tried_again_elsewhere(two, trouble, method):
    lab, one, other = two
    one.script = trouble
    status, _, event = of_first(lab, one, "/again", method)
    assert (status, event["status"], event["backend"]) == (200, 200, other.address)
    assert (event["retried_from"], event.get("error")) == (one.address, None)
    assert (event["variant"], "failover" in event) == ("a", False)
    exposed = lab.ask("GET", "/metrics", port=lab.admin_port)[2].decode()
    assert f'retries_total{{variant="a",backend="{one.address}"}} 1\n' in exposed
    assert f'in_flight{{variant="a",backend="{one.address}"}} 0\n' in exposed


@pytest.mark.parametrize(("trouble", "told"), [(hang_up, 502), (say_nothing, 504)])
def test_what_may_not_be_repeated_is_not(two, trouble, told):
    lab, one, other = two
    one.script = other.script = trouble
    status, _, event = of_first(lab, one, "/once", "POST")
    assert (status, event["status"], "retried_from" in event) == (told, told, False)
    assert len(one.heads) + len(other.heads) == 1


@pytest.mark.parametrize(("trouble", "told"), [(hang_up, 502), (say_nothing, 504)])
def test_it_is_tried_again_once_and_no_more(two, trouble, told):
    lab, one, other = two
    one.script = other.script = trouble
    assert lab.ask("GET", "/twice")[0] == told
    event = lab.event_of("/twice")
    assert {event["backend"], event["retried_from"]} == {one.address, other.address}
    assert event["error"].startswith(f"backend {event['backend']} ")
    assert (len(one.heads), len(other.heads)) == (1, 1)


def test_an_answer_that_has_begun_is_cut_and_not_tried_again(two):
    lab, one, other = two

    def die_half_way(connection, head):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        connection.close()

    one.script = other.script = die_half_way
    received = lab.talk(b"GET /half HTTP/1.1\r\nHost: lab\r\n\r\n")
    event = lab.event_of("/half")
    assert received.endswith(b"half")
    assert ("retried_from" in event, "in the middle" in event["error"]) == (False, True)
    assert len(one.heads) + len(other.heads) == 1


def test_one_that_nobody_listens_at_any_more_is_passed_over(make_backend, make_lab):
    one, other = make_backend(), make_backend()
    lab = make_lab({"a": [one, other]}, interval_s=3600.0)
    one.close()
    assert {lab.ask("GET", f"/{number}")[0] for number in range(4)} == {200}
    retried = [event for event in lab.events() if "retried_from" in event]
    assert {event["backend"] for event in retried} == {other.address}


# A variant that is down: another may stand in.


def test_another_variant_stands_in_where_the_settings_allow_it(make_backend, make_lab):
    a, b = make_backend(), make_backend()
    lab = make_lab({"a": [a], "b": [b]}, settings='when_variant_is_down = "failover"')
    users = {user: lab.ask("GET", f"/recommend/{user}")[1]["X-Variant"] for user in range(12)}
    assert set(users.values()) == {"a", "b"}
    a.healthy = False
    lab.until(lambda: lab.backends()[0]["health"] == "unhealthy")
    for user, variant in users.items():
        status, headers, _ = lab.ask("GET", f"/recommend/{user}?down")
        assert (status, headers["X-Variant"]) == (200, variant)
        assert headers["X-Failover"] == ("b" if variant == "a" else None)
        event = lab.event_of(f"/recommend/{user}?down")
        assert (event["variant"], event["backend"]) == (variant, b.address)
        assert event.get("failover") == headers["X-Failover"]
    assert lab.status()["when_variant_is_down"] == "failover"


def test_another_variant_stands_in_for_a_request_that_has_just_failed(make_backend, make_lab):
    a, b = make_backend(), make_backend()
    lab = make_lab({"a": [a], "b": [b]}, settings='when_variant_is_down = "failover"')
    user = next(u for u in range(99) if lab.ask("GET", f"/recommend/{u}")[1]["X-Variant"] == "a")
    a.script = hang_up
    status, headers, _ = lab.ask("GET", f"/recommend/{user}?failed")
    assert (status, headers["X-Variant"], headers["X-Failover"]) == (200, "a", "b")
    event = lab.event_of(f"/recommend/{user}?failed")
    assert (event["failover"], event["retried_from"]) == ("b", a.address)
    assert lab.ask("POST", f"/recommend/{user}?failed")[0] == 502


def test_nobody_stands_in_where_the_settings_say_unavailable(make_backend, make_lab):
    a, b = make_backend(), make_backend()
    lab = make_lab({"a": [a], "b": [b]})
    user = next(u for u in range(99) if lab.ask("GET", f"/recommend/{u}")[1]["X-Variant"] == "a")
    a.script = hang_up
    assert lab.ask("GET", f"/recommend/{user}?failed")[0] == 502
    a.healthy = False
    lab.until(lambda: lab.backends()[0]["health"] == "unhealthy")
    status, headers, _ = lab.ask("GET", f"/recommend/{user}?down")
    assert (status, headers["X-Variant"], headers["X-Failover"]) == (503, "a", None)
