"""Requests and answers that nobody thought of: made from a grammar, and damaged.

`LAB_FUZZ=long` tries fifty times as many.
"""

import os
import threading
import time
from contextlib import suppress
from itertools import pairwise

import h11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attacks.actors import PATIENCE, Balancer, agree, answer, read_to_end, until
from tests.attacks.cases import AFTER, CHUNKED, head
from tests.attacks.test_smuggling import broken_off
from tests.attacks.wire import Unreadable, answers_in, requests_in

EXAMPLES = 120 * (50 if os.environ.get("LAB_FUZZ") == "long" else 1)
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = pytest.mark.timeout(3600)

TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
VISIBLE = "".join(map(chr, range(33, 127)))
# With a meaning between client and balancer, so that they do not arrive as they were sent.
OURS = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"}
OURS |= {"upgrade", "expect", "host", "content-length", "x-forwarded-for", "x-request-id"}
OURS |= {"proxy-authenticate", "proxy-authorization", "x-user-id"}

methods = st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS"]) | st.text(
    CAPITALS, min_size=1, max_size=12
).filter(lambda method: method not in ("CONNECT", "HEAD"))
targets = st.text(VISIBLE.replace("#", ""), max_size=60).map(lambda rest: "/" + rest)
names = st.text(TOKEN, min_size=1, max_size=20).filter(lambda name: name.lower() not in OURS)
values = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40
).map(lambda text: text.encode("latin-1").strip(b" \t"))
headers = st.lists(st.tuples(names.map(str.encode), values), max_size=6)


@st.composite
def requests(draw):
    """A valid request: its bytes, and what a backend has to understand."""
    method, target, lines = draw(methods), draw(targets), draw(headers)
    if target.partition("?")[0] == "/outcome":
        target = "/other"
    sent = [b"%b: %b" % each for each in lines]
    pieces = draw(st.none() | st.lists(st.binary(min_size=1, max_size=200), max_size=5))
    chunked = draw(st.booleans())
    body = b""
    if pieces is not None and chunked:
        sent.insert(draw(st.integers(0, len(sent))), b"Transfer-Encoding: chunked")
        body = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in pieces) + b"0\r\n\r\n"
    elif pieces is not None:
        body = b"".join(pieces)
        sent.insert(draw(st.integers(0, len(sent))), b"Content-Length: %d" % len(body))
    start = f"{method} {target} HTTP/1.1".encode()
    understood = (method, target, b"".join(pieces or []))
    return head(*sent, start=start) + body, understood, lines


def forwarded_headers(request):
    """What a backend got, without what the balancer itself writes."""
    return [each for each in request.headers if each[0].decode() not in OURS]


def lower(lines):
    return [(name.lower(), value) for name, value in lines]


@given(st.lists(requests(), min_size=1, max_size=4), st.data())
@fuzzed
def test_valid_requests_arrive_as_they_were_meant(balancer, backend, made, data):
    backend.clear()
    sent = b"".join(each[0] for each in made) + AFTER
    cuts = data.draw(st.lists(st.integers(1, len(sent) - 1), max_size=6))
    answers, rest = answers_in(balancer.talk(sent, cuts))
    assert [each.status for each in answers] == [200] * (len(made) + 1)
    assert rest == b""
    got = backend.requests()[:-1]
    assert [each.what for each in got] == [each[1] for each in made]
    assert [forwarded_headers(each) for each in got] == [lower(each[2]) for each in made]


WHOLE = (
    (
        b"POST /fuzz?x=1 HTTP/1.1\r\nHost: lab\r\nX-User-Id: 7\r\nContent-Length: 5\r\n"
        b"X-Other: some value\r\n\r\nhello"
    ),
    b"GET /fuzz HTTP/1.1\r\nHost: lab\r\nConnection: close, X-Other\r\nX-Other: a\r\n\r\n",
    (
        b"PUT /fuzz HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        b"5;a=b\r\nhello\r\n3\r\nyou\r\n0\r\nX-Sum: 1\r\n\r\n"
    ),
    b"POST /fuzz HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nyes",
)
ANSWERS = (
    answer(b"hello"),
    answer(b"hello", b"200 OK", b"X-Other: some value", b"Connection: keep-alive"),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x\r\nyou\r\n0\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(b"hello"),
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nuntil the end",
)
BYTES = b"\0 \r \n \t : ; , \x0b \x7f \xff 0 1 f - _ chunked HTTP/1.1".split(b" ")
LINES = b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b"Content-Length: 3\r\n", b"GET /x HTTP/1.1\r\n"
nasty = st.sampled_from([*BYTES, *LINES, b" ", CHUNKED + b"\r\n", b"x" * 2500])


@st.composite
def damaged(draw, whole):
    """One of some messages, with bytes put in, taken out, replaced, turned or doubled."""
    data = draw(st.sampled_from(whole))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        size = draw(st.integers(0, 12))
        kind = draw(st.sampled_from(["insert", "remove", "replace", "flip", "double", "cut"]))
        if kind == "insert":
            data = data[:at] + draw(nasty) + data[at:]
        elif kind == "remove":
            data = data[:at] + data[at + size :]
        elif kind == "replace":
            data = data[:at] + draw(nasty) + data[at + size :]
        elif kind == "double":
            data = data[: at + size] + data[at:]
        elif kind == "cut":
            data = data[: max(1, at)]
        else:
            flipped = bytes(byte ^ 1 << draw(st.integers(0, 7)) for byte in data[at : at + 1])
            data = data[:at] + flipped + data[at + 1 :]
    return data


@pytest.fixture(scope="module")
def impatient(_backend, tmp_path_factory):
    """A balancer that does not wait long for a backend."""
    limits = "header_bytes = 2048\nbackend_response_s = 0.2\n"
    balancer = Balancer(tmp_path_factory.mktemp("impatient"), _backend.port, limits)
    yield balancer
    balancer.stop()


@given(damaged(WHOLE))
@fuzzed
def test_a_damaged_request_is_refused_or_arrives_as_everybody_reads_it(balancer, backend, data):
    backend.clear()
    before = balancer.mark()
    answers, _ = answers_in(balancer.converse(data + AFTER))
    until(lambda: balancer.in_flight() == 0)
    events, got = balancer.events(before), backend.requests()
    said = {event["request_id"]: event for event in events}
    for each in answers:
        assert each.status == said[each.one(b"x-request-id").decode()]["status"]
    # Whoever leaves too early may have been answered: his request arrived, and is an error.
    arrived = [each.one(b"x-request-id").decode() for each in got]
    agree(
        got, [event for event in events if "error" not in event or event["request_id"] in arrived]
    )
    broken_off(backend, balancer)
    with suppress(Unreadable):
        theirs = [each.what for each in requests_in(data + AFTER, narrow=False)[0]]
        assert [each.what for each in got] == theirs[: len(got)]


def by_h11(data, ended):
    """A backend's answer as h11 reads it: status and body; None if it is not one."""
    client = h11.Connection(h11.CLIENT, 1 << 20)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "lab")]))
    client.send(h11.EndOfMessage())
    status, body = 0, b""
    with suppress(h11.RemoteProtocolError):
        client.receive_data(data)
        if ended:
            client.receive_data(b"")
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA or isinstance(event, h11.ConnectionClosed):
                return None
            if isinstance(event, h11.Response):
                status = event.status_code
            if isinstance(event, h11.Data):
                body += bytes(event.data)
        return status, body
    return None


@given(damaged(ANSWERS), st.lists(st.integers(1, 100), max_size=3), st.sampled_from("yyyyn"))
@fuzzed
def test_a_damaged_answer_is_whole_or_an_error_and_never_the_next_ones(
    impatient, backend, data, cuts, ends
):
    said = threading.Event()

    def script(link):
        while (request := link.request()) is not None:
            if request.start[1] != b"/fuzz":
                link.send(answer(b"GET /after"))
                continue
            try:
                marks = [0, *sorted(set(cuts)), max(cuts, default=0) + len(data)]
                for start, end in pairwise(marks):
                    link.send(data[start:end])
                    time.sleep(0.0003)
            finally:
                said.set()
            if ends == "y":
                return

    backend.clear()
    backend.script = script
    before = impatient.mark()
    with impatient.connect() as sock:
        sock.sendall(b"GET /fuzz HTTP/1.1\r\nHost: lab\r\n\r\n")
        # Bytes that come when the next request is on its way cannot be told from its answer.
        assert said.wait(PATIENCE)
        with suppress(ConnectionError):
            sock.sendall(AFTER)
        answers, rest = answers_in(read_to_end(sock))
    event, *later = impatient.events(before)
    first = [(each.status, each.body) for each in answers[:1]]
    if "error" in event:
        assert not first or event["status"] in (502, 504)
        assert first or len(later) == 0
    else:
        assert first == [by_h11(data, ends == "y")]
        assert rest == b""
    assert [(each.status, each.body) for each in answers[1:]] in ([], [(200, b"GET /after")])
