import pytest
from balancer.heads import HttpError, ProtocolError, parse_request, parse_response
from hypothesis import given
from hypothesis import strategies as st


def request(*lines, start=b"GET /recommend/17?n=10 HTTP/1.1", host=b"Host: lab"):
    head = b"".join(line + b"\r\n" for line in (start, host, *lines) if line) + b"\r\n"
    return parse_request(head, b"x-user-id")


def response(*lines, start=b"HTTP/1.1 200 OK"):
    return parse_response(b"".join(line + b"\r\n" for line in (start, *lines)) + b"\r\n")


def test_a_plain_request_is_understood_and_passed_on():
    head = request(b"Accept: */*", b"X-User-Id: 9")
    assert (head.method, head.target, head.keep_alive, head.fields.has_body) == (
        "GET",
        "/recommend/17?n=10",
        True,
        False,
    )
    assert head.fields.user == "9"
    assert head.fields.lines == b"Host: lab\r\nAccept: */*\r\nX-User-Id: 9\r\n"


def test_hop_by_hop_headers_end_here():
    head = request(
        b"Connection: keep-alive, X-Secret",
        b"Keep-Alive: timeout=5",
        b"X-Secret: 1",
        b"TE: trailers",
        b"Proxy-Authorization: abc",
        b"Proxy-Connection: keep-alive",
        b"Trailer: X-Sum",
        b"X-Kept: 1",
    )
    assert head.fields.lines == b"Host: lab\r\nX-Kept: 1\r\n"


def test_connection_cannot_remove_what_the_balancer_writes_itself():
    head = request(b"Connection: Host, Content-Length", b"Content-Length: 3")
    assert head.fields.lines == b"Host: lab\r\nContent-Length: 3\r\n"


def test_a_clients_own_ids_are_not_passed_on_and_its_forwarding_is_remembered():
    head = request(
        b"X-Request-Id: forged", b"X-Forwarded-For: 10.0.0.1", b"x-forwarded-for: 10.0.0.2"
    )
    assert head.fields.lines == b"Host: lab\r\n"
    assert head.fields.forwarded_for == b"10.0.0.1, 10.0.0.2, "


def test_http_1_0_and_connection_close_do_not_keep_the_connection():
    assert not request(start=b"GET / HTTP/1.0", host=None).keep_alive
    assert not request(b"Connection: Close").keep_alive


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 5"),
        (b"Content-Length: 5", b"Content-Length: 5"),
        (b"Content-Length: 5, 5",),
        (b"Content-Length: +5",),
        (b"Content-Length: -1",),
        (b"Content-Length: 1_0",),
        (b"Content-Length:",),
        (b"Content-Length: 99999999999999999999",),
        (b"Transfer-Encoding: xchunked",),
        (b"Transfer-Encoding: chunked, gzip",),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding:\x0bchunked",),
        (b"X: a", b" folded"),
        (b"X : a",),
        (b" X: a",),
        (b"X: a\x00b",),
        (b"X: a\x01b",),
        (b"X: a\x7fb",),
        (b"X: a\rb",),
        (b"X: a\nY: b",),
        (b": a",),
        (b"no colon",),
        (b"X(y): a",),
        (b"Host: other",),
        (b"X-User-Id: 1", b"X-User-Id: 2"),
    ],
    ids=repr,
)
def test_ambiguous_headers_are_refused(lines):
    with pytest.raises(HttpError) as caught:
        request(*lines)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1 ",
        b"GET  / HTTP/1.1",
        b"GET\t/ HTTP/1.1",
        b"get / HTTP/1.1",
        b"GET /\x80 HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"GET /#fragment HTTP/1.1",
        b"GET http://elsewhere/ HTTP/1.1",
        b"CONNECT lab:80 HTTP/1.1",
        b"GET / RTSP/1.0",
        b"GET /",
        b"",
        b"\r\nGET / HTTP/1.1",
    ],
    ids=repr,
)
def test_other_request_lines_are_refused(start):
    with pytest.raises(HttpError) as caught:
        request(start=start)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("status", "lines", "start"),
    [
        (400, (), b"GET / HTTP/1.1"),
        (400, (b"Transfer-Encoding: chunked",), b"POST / HTTP/1.0"),
        (417, (b"Host: lab", b"Expect: miracles"), b"POST / HTTP/1.1"),
        (501, (b"Host: lab", b"Transfer-Encoding: gzip, chunked"), b"POST / HTTP/1.1"),
        (501, (b"Host: lab", b"Upgrade: websocket", b"Connection: upgrade"), b"GET / HTTP/1.1"),
        (501, (b"Host: lab", b"Upgrade: websocket"), b"GET / HTTP/1.1"),
        (505, (b"Host: lab",), b"GET / HTTP/2.0"),
    ],
)
def test_each_refusal_has_its_status(status, lines, start):
    with pytest.raises(HttpError) as caught:
        request(*lines, start=start, host=None)
    assert caught.value.status == status


token = st.text("abcXYZ019-_!~", min_size=1).map(str.encode)
value = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")).map(
    lambda text: text.encode("latin-1")
)


@given(st.lists(st.tuples(token, value)))
def test_what_is_passed_on_means_the_same_when_read_again(headers):
    # b"x-" keeps the names clear of those with a meaning here.
    head = request(*(b"x-%b: %b" % each for each in headers))
    again = parse_request(b"GET / HTTP/1.1\r\n" + head.fields.lines + b"\r\n", b"x-user-id")
    assert again.fields._replace(block=b"") == head.fields._replace(block=b"")


@pytest.mark.parametrize("spelt", [b"Connection: keep-alive", b"connection:Keep-Alive"])
def test_what_only_says_that_the_connection_stays_ends_here_alone(spelt):
    near = b"X-Connection: keep-alive"
    head = request(spelt, near, b"X: 1")
    assert head.keep_alive
    assert head.fields.usual
    assert head.fields.lines == b"Host: lab\r\nX-Connection: keep-alive\r\nX: 1\r\n"
    answer = response(b"Content-Length: 5", spelt, near)
    assert (answer.plain_length, answer.keep_alive) == (5, True)
    assert answer.lines == b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Connection: keep-alive\r\n"


@given(st.binary())
def test_no_bytes_raise_anything_but_a_refusal(junk):
    for line in (junk, b"X: " + junk):
        try:
            request(line)
            response(line)
        except (HttpError, ProtocolError):
            pass


def test_a_response_loses_what_the_balancer_says_itself():
    head = response(
        b"Content-Length: 5",
        b"X-Variant: forged",
        b"X-Request-Id: forged",
        b"Connection: X-Internal",
        b"X-Internal: 1",
        b"Server: flask",
    )
    assert head.lines == b"HTTP/1.1 200 OK\r\nServer: flask\r\nContent-Length: 5\r\n"
    assert (head.status, head.content_length, head.keep_alive) == (200, 5, True)


def test_a_response_without_a_reason_is_fine():
    assert response(start=b"HTTP/1.1 200").status == 200


def test_204_announces_no_length():
    assert b"Content-Length" not in response(b"Content-Length: 0", start=b"HTTP/1.1 204 None").lines


@pytest.mark.parametrize(
    ("start", "lines"),
    [
        (b"HTTP/2.0 200 OK", ()),
        (b"HTTP/1.1 099 Low", ()),
        (b"HTTP/1.1 600 High", ()),
        (b"HTTP/1.1 2000 Long", ()),
        (b"HTTP/1.1 101 Switching Protocols", (b"Upgrade: x", b"Connection: upgrade")),
        (b"ICY 200 OK", ()),
        (b"HTTP/1.1 200 OK", (b"Content-Length: 5", b"Transfer-Encoding: chunked")),
        (b"HTTP/1.1 200 OK", (b"Content-Length: 5", b"Content-Length: 6")),
        (b"HTTP/1.1 200 OK", (b"Transfer-Encoding: gzip",)),
        (b"HTTP/1.1 200 OK", (b"A: b\nC: d",)),
    ],
)
def test_a_response_that_makes_no_sense_is_refused(start, lines):
    with pytest.raises(ProtocolError):
        response(*lines, start=start)
