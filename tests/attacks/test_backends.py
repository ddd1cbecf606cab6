"""Backends that are slow, silent, talk nonsense, say too much or too little, or crash."""

import select
import signal
import socket
import threading
import time
from contextlib import suppress

import psutil
import pytest

from tests.attacks.actors import answer, has_arrived, read_to_end, until
from tests.attacks.cases import AFTER, head
from tests.attacks.wire import answers_in

pytestmark = pytest.mark.usefixtures("well_again")

LIMITS = (
    "header_bytes = 2048\nbody_bytes = 100_000_000\nclient_idle_s = 6.0\nbackend_response_s = 0.5\n"
)
OK = b"HTTP/1.1 200 OK\r\n"
POLITE = b"GET /after"


def ask(balancer, backend, misbehave, method=b"GET"):
    """A request that a backend misbehaves at, and one behind it: the answers, and the event."""

    def script(link):
        while (request := link.request()) is not None:
            if request.start[1] == b"/attack":
                misbehave(link)
            else:
                link.send(answer(b" ".join(request.start)))

    backend.script = script
    before = balancer.mark()
    received = balancer.talk(head(start=method + b" /attack HTTP/1.1") + AFTER)
    answers, rest = answers_in(received, (method.decode(),))
    event, *later = balancer.events(before)
    # The next request gets its own answer or none: nothing of the first one's.
    assert [each.body for each in answers[1:]] == [POLITE] * len(later)
    return answers, rest, event


def says(*pieces, then="waits"):
    """A backend that says so much, and then closes, crashes or waits."""

    def misbehave(link):
        for piece in pieces:
            link.send(piece)
        if then == "closes":
            link.sock.shutdown(2)
        elif then == "crashes":
            link.reset()

    return misbehave


CHUNKED_OK = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SENSELESS = {
    "nothing like HTTP": b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    "a banner": b"220 mail.example ESMTP\r\n\r\n",
    "binary": bytes(range(256)) + b"\r\n\r\n",
    "another protocol": b"ICY 200 OK\r\n\r\n",
    "HTTP/2": b"HTTP/2 200 OK\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "status 0": b"HTTP/1.1 000 No\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Now\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "one length twice": OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "length and coding": OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": OK + b"Content-Length: -5\r\n\r\nhello",
    "length no number": OK + b"Content-Length: five\r\n\r\nhello",
    "length listed": OK + b"Content-Length: 5, 5\r\n\r\nhello",
    "unknown coding": OK + b"Transfer-Encoding: gzip\r\n\r\nhello",
    "folded line": OK + b"X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello",
    "space before colon": OK + b"Content-Length : 5\r\n\r\nhello",
    "null in a header": OK + b"X: a\x00b\r\nContent-Length: 5\r\n\r\nhello",
    "bare LF in a header": OK + b"X: a\nSet-Cookie: b\r\nContent-Length: 5\r\n\r\nhello",
    "bare CR in a header": OK + b"X: a\rSet-Cookie: b\r\nContent-Length: 5\r\n\r\nhello",
    "no colon": OK + b"nothing\r\nContent-Length: 5\r\n\r\nhello",
    "null in the reason": b"HTTP/1.1 200 O\x00K\r\nContent-Length: 5\r\n\r\nhello",
    "a head too long": OK + b"X: y\r\n" * 1000 + b"\r\n",
    "a chunk without size": CHUNKED_OK + b"hello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("words", SENSELESS.values(), ids=SENSELESS)
def test_nonsense_is_a_502(balancer, backend, words):
    answers, rest, event = ask(balancer, backend, says(words))
    assert [each.status for each in answers] == [502, 200]
    assert (rest, event["status"]) == (b"", 502)
    assert "error" in event
    assert until(lambda: backend.links[0].ended)


SHORT = {
    "fewer bytes": OK + b"Content-Length: 10\r\n\r\nhalf",
    "no last chunk": CHUNKED_OK + b"4\r\nhalf\r\n",
    "half a chunk": CHUNKED_OK + b"a\r\nhalf",
    "chunk too long": CHUNKED_OK + b"4\r\nhalf!\r\n0\r\n\r\n",
    "no chunk next": CHUNKED_OK + b"4\r\nhalf\r\nxyz\r\n0\r\n\r\n",
}


def slowly(words, then):
    """The head and the first of the body arrive, and are passed on, before the rest."""
    first, half, rest = words.partition(b"half")

    def misbehave(link):
        link.send(first + half)
        threading.Event().wait(0.05)
        says(rest, then=then)(link)

    return misbehave


@pytest.mark.parametrize("then", ["closes", "crashes", "waits"])
@pytest.mark.parametrize("words", SHORT.values(), ids=SHORT)
def test_half_an_answer_does_not_pass_for_a_whole_one(balancer, backend, words, then):
    answers, rest, event = ask(balancer, backend, slowly(words, then))
    assert answers == []
    assert rest.startswith(OK)
    assert not rest.endswith(b"0\r\n\r\n")
    assert (event["status"], "error" in event) == (200, True)


UNFINISHED = {
    "nothing": b"",
    "a byte": b"H",
    "half a status line": b"HTTP/1.1 20",
    "half a head": OK + b"Content-Le",
    "a hint only": b"HTTP/1.1 103 Early Hints\r\n\r\n",
}


@pytest.mark.parametrize(("then", "status"), [("closes", 502), ("crashes", 502), ("waits", 504)])
@pytest.mark.parametrize("words", UNFINISHED.values(), ids=UNFINISHED)
def test_no_answer_at_all_is_an_error(balancer, backend, words, then, status):
    answers, rest, event = ask(balancer, backend, says(words, then=then), b"POST")
    assert [each.status for each in answers] == [status, 200]
    assert (rest, event["status"], "error" in event) == (b"", status, True)


def test_a_backend_may_send_byte_by_byte(balancer, backend):
    words = answer(b"hello", b"200 OK", b"X: y")
    pieces = [words[at : at + 1] for at in range(len(words))]
    answers, _, event = ask(balancer, backend, says(*pieces))
    assert [each.body for each in answers] == [b"hello", POLITE]
    assert "error" not in event


def test_a_head_that_trickles_and_never_ends_is_a_502(balancer, backend):
    def trickle(link):
        link.send(OK)
        while not link.ended:
            link.send(b"X: " + b"y" * 100 + b"\r\n")
            threading.Event().wait(0.01)

    answers, _, event = ask(balancer, backend, trickle)
    assert [each.status for each in answers] == [502, 200]
    assert "error" in event


def test_a_post_is_not_sent_again_where_an_old_connection_ends_without_an_answer(balancer, backend):
    def once(link):
        link.request()
        link.send(answer(POLITE))
        link.request()

    backend.script = once
    sent = head(start=b"GET /first HTTP/1.1") + head(start=b"POST /second HTTP/1.1") + AFTER
    answers, _ = answers_in(balancer.talk(sent))
    assert [each.status for each in answers] == [200, 502, 200]
    assert [each.start[0] for each in backend.requests()] == [b"GET", b"POST", b"GET"]


@pytest.fixture
def unread_body(balancer, backend):
    """A client that sends a body to a backend which does not read, until the test ends."""

    def stop_reading(link):
        link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stopped.wait()

    def send():
        with suppress(OSError):
            sock.sendall(b"x" * 60_000_000)

    stopped = threading.Event()
    backend.script = stop_reading
    with balancer.connect(timeout=3) as sock:
        sock.sendall(head(b"Content-Length: 60000000", start=b"PUT /unread HTTP/1.1"))
        sender = threading.Thread(target=send)
        sender.start()
        yield sock
        stopped.set()
    sender.join()


def test_a_body_that_a_backend_does_not_read_costs_little_memory(balancer, backend, request):
    process = psutil.Process(balancer.process.pid)
    before = most = process.memory_info().rss
    sock = request.getfixturevalue("unread_body")
    end = time.monotonic() + 2
    while time.monotonic() < end and not select.select([sock], [], [], 0.01)[0]:
        most = max(most, process.memory_info().rss)
    assert most - before < 20_000_000


def test_a_backend_that_takes_no_more_of_a_body_is_a_504(unread_body):
    assert [each.status for each in answers_in(read_to_end(unread_body))[0]] == [504]


def test_an_answer_before_the_end_of_the_body_is_passed_on_and_ends_both(balancer, backend):
    def too_early(link):
        link.head()
        link.send(answer(b"no more, please"))
        link.wait_for_end()

    backend.script = too_early
    request = head(b"Content-Length: 10", start=b"POST /early HTTP/1.1") + b"half"
    (only,), rest = answers_in(balancer.talk(request))
    assert (only.body, only.all(b"connection"), rest) == (b"no more, please", [b"close"], b"")
    assert "error" not in balancer.event_of("/early")
    assert until(lambda: backend.links[0].ended)


SURPLUS = {
    "behind a length": answer(b"hello"),
    "behind chunks": CHUNKED_OK + b"5\r\nhello\r\n0\r\n\r\n",
    "behind 204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "behind 304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "behind no length": answer(b""),
}


@pytest.mark.parametrize("words", SURPLUS.values(), ids=SURPLUS)
def test_surplus_never_reaches_the_next_request(balancer, backend, words):
    answers, rest, _ = ask(balancer, backend, says(words + answer(b"somebody else's")))
    assert [each.body for each in answers][1:] == [POLITE]
    assert answers[0].body in (b"hello", b"")
    assert rest == b""
    assert until(lambda: backend.links[0].ended)
    assert len(backend.links) == 2


def test_a_body_behind_the_answer_to_head_never_reaches_the_next_request(balancer, backend):
    answers, rest, _ = ask(balancer, backend, says(answer(b"hello")), b"HEAD")
    assert [each.body for each in answers] == [b"", POLITE]
    assert rest == b""


def test_surplus_on_an_idle_connection_is_thrown_away(balancer, backend):
    assert answers_in(balancer.talk(AFTER))[0][0].body == POLITE
    (link,) = backend.links
    link.send(answer(b"nobody asked"))
    assert answers_in(balancer.talk(AFTER))[0][0].body == POLITE
    assert until(lambda: link.ended)
    assert len(backend.links) == 2


@pytest.mark.needs("linux")
def test_surplus_in_the_very_moment_of_the_next_request_is_thrown_away(balancer, backend):
    assert answers_in(balancer.talk(AFTER))[0][0].body == POLITE
    (link,) = backend.links
    with balancer.connect() as sock:
        assert balancer.in_flight() == 0  # it has met the client
        balancer.process.send_signal(signal.SIGSTOP)
        assert until(lambda: psutil.Process(balancer.process.pid).status() == psutil.STATUS_STOPPED)
        sock.sendall(AFTER)
        link.send(answer(b"nobody asked"))
        assert until(lambda: has_arrived(sock) and has_arrived(link.sock))
        balancer.process.send_signal(signal.SIGCONT)
        assert answers_in(read_to_end(sock))[0][0].body == POLITE
    assert until(lambda: link.ended)


def test_hints_without_end_do_not_hold_a_request_for_ever(balancer, backend):
    def flood(link):
        while link.request() is not None:
            for _ in range(1000):  # ten seconds, where half a second is the limit
                link.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
                threading.Event().wait(0.01)

    backend.script = flood
    with balancer.connect() as sock:
        sock.sendall(head(start=b"GET /hints HTTP/1.1"))
        end = time.monotonic() + 3
        while time.monotonic() < end and sock.recv(65_536):
            pass
    assert balancer.event_of("/hints")["status"] in (502, 504)


def test_a_flood_of_hints_before_the_answer_is_no_harm(balancer, backend):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 20
    answers, _, event = ask(balancer, backend, says(hints + answer(b"hello")))
    assert [each.body for each in answers] == [b"hello", POLITE]
    assert "error" not in event
