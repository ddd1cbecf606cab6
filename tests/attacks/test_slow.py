"""Everybody who is slow, silent, rude or suddenly gone, on either side."""

import threading
from contextlib import suppress

import psutil
import pytest

from tests.attacks.actors import answer, read_to_end, reset, until
from tests.attacks.cases import CHUNKED, head
from tests.attacks.wire import answers_in

pytestmark = pytest.mark.usefixtures("well_again")

LIMITS = (
    "header_bytes = 2048\nclient_header_s = 0.5\nclient_idle_s = 0.5\nbackend_response_s = 0.5\n"
)
MUCH = 50_000_000
MOST = 64_000_000  # bytes of memory over those of an idle balancer


def get(path, *lines):
    return head(*lines, start=b"GET /%b HTTP/1.1" % path)


def post(path, *lines):
    return head(*lines, start=b"POST /%b HTTP/1.1" % path)


@pytest.fixture
def dripping():
    """Send something over and over, slowly, until it is refused."""
    stop = threading.Event()
    threads = []

    def drip(sock, data):
        def run():
            with suppress(OSError):
                while not stop.wait(0.02):
                    sock.sendall(data)

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield drip
    stop.set()
    for thread in threads:
        thread.join()


def statuses(received):
    return [each.status for each in answers_in(received)[0]]


# A slow client.


@pytest.mark.parametrize("drop", [b"x", b"X: y\r\n"])
def test_a_head_that_trickles_in_is_ended_with_408_or_431(balancer, dripping, drop):
    with balancer.connect() as sock:
        sock.sendall(b"GET /trickles HTTP/1.1\r\nHost: lab\r\n")
        dripping(sock, drop)
        (status,) = statuses(read_to_end(sock))
    assert status in (408, 431)


def test_a_head_that_trickles_in_behind_another_request_is_ended_too(balancer, dripping):
    with balancer.connect() as sock:
        sock.sendall(get(b"before") + b"GET ")
        dripping(sock, b"x")
        assert statuses(read_to_end(sock)) == [200, 408]


def test_who_goes_on_sending_after_a_refusal_is_cut_off(balancer, dripping):
    with balancer.connect() as sock:
        sock.sendall(b"nonsense\r\n\r\n")
        dripping(sock, b"x" * 1000)
        assert statuses(read_to_end(sock)) == [400]
        until(lambda: cut_off(sock))


def test_who_is_refused_in_the_middle_of_sending_gets_to_read_why(balancer):
    with balancer.connect() as sock:
        sock.sendall(post(b"too-long", b"Content-Length: 60000000") + b"x" * 5_000_000)
        assert statuses(read_to_end(sock)) == [413]


def cut_off(sock):
    try:
        sock.send(b"x")
    except OSError:
        return True
    return False


def test_a_body_that_stops_is_ended_with_408(balancer, backend):
    received = balancer.talk(post(b"stops", b"Content-Length: 10") + b"half")
    assert statuses(received) == [408]
    assert balancer.event_of("/stops")["status"] == 408
    assert until(lambda: backend.links[0].ended)


def test_a_chunk_that_stops_is_ended_with_408(balancer, backend):
    assert statuses(balancer.talk(post(b"stops", CHUNKED) + b"5\r\nhe")) == [408]


def test_a_connection_without_a_word_is_closed(balancer):
    assert balancer.talk(b"") == b""


def resident(balancer):
    return psutil.Process(balancer.process.pid).memory_info().rss


def pouring(length):
    """A backend that answers with many bytes, as fast as they are taken."""

    def script(link):
        link.request()
        link.send(b"HTTP/1.1 200 OK\r\n%b\r\n" % length)
        for _ in range(MUCH // 50_000):
            link.send(b"x" * 50_000)

    return script


@pytest.mark.parametrize("clients", [1, 20])
@pytest.mark.parametrize("length", [b"Content-Length: 50000000\r\n", b""])
def test_clients_that_never_read_cost_little_memory_and_are_left(
    balancer, backend, clients, length
):
    def left():
        used.append(resident(balancer))
        return len(balancer.events(mark)) == clients

    backend.script = pouring(length)
    mark, used = balancer.mark(), [resident(balancer)]
    sockets = [balancer.connect() for _ in range(clients)]
    for sock in sockets:
        sock.sendall(get(b"never-reads"))
    until(left)
    assert {event["status"] for event in balancer.events(mark)} == {499}
    assert max(used) - used[0] < MOST
    for sock in sockets:
        sock.close()


def test_a_client_that_reads_slowly_gets_everything(balancer, backend):
    def script(link):
        link.request()
        link.send(answer(b"x" * 3_000_000))

    backend.script = script
    received = 0
    with balancer.connect() as sock:
        sock.sendall(get(b"reads-slowly", b"Connection: close"))
        while piece := sock.recv(20_000):
            received += len(piece)
            threading.Event().wait(0.002)
    assert received > 3_000_000
    assert "error" not in balancer.event_of("/reads-slowly")


UNANSWERED = head(b"X: " + b"y" * 1000, start=b"PUT /outcome HTTP/1.1")


def test_a_client_that_sends_requests_and_reads_no_answer_is_held_up_and_left(balancer, backend):
    before = resident(balancer)
    with balancer.connect(timeout=3) as sock, pytest.raises(OSError, match=r"timed out|reset|pipe"):
        sock.sendall(UNANSWERED * 200_000)  # 200 MB
    assert resident(balancer) - before < MOST


def test_a_client_that_sends_many_requests_before_it_reads_is_answered_each(balancer, backend):
    many = 1000  # 1 MB, more than is read ahead and less than the system keeps for us
    with balancer.connect(timeout=10) as sock:
        sock.sendall(UNANSWERED * many)
        heard = b""
        while heard.count(b"HTTP/1.1 405") < many:
            came = sock.recv(1 << 16)
            assert came, f"left after {heard.count(b'HTTP/1.1 405')} answers"
            heard += came


# A client that goes.

STAGES = {
    "nothing": b"",
    "in the head": b"GET /goes HTTP/1.1\r\nHo",
    "in the body": post(b"goes", b"Content-Length: 10") + b"half",
    "in a chunk": post(b"goes", CHUNKED) + b"ff\r\nhalf",
    "waiting": get(b"goes"),
    "in the answer": get(b"goes"),
}


def half_answer(link):
    link.head()
    link.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    link.wait_for_end()


@pytest.mark.parametrize("end", ["closes", "half-closes", "resets"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_client_that_goes_is_recorded_and_its_backend_left(balancer, backend, stage, end):
    backend.script = half_answer if stage == "in the answer" else lambda link: link.wait_for_end()
    reaches = stage not in ("nothing", "in the head")
    before = balancer.mark()
    with balancer.connect() as sock:
        sock.sendall(STAGES[stage])
        until(lambda: backend.links or not reaches)
        if stage == "in the answer":
            sock.recv(10)
        if end == "half-closes":
            sock.shutdown(1)
            read_to_end(sock)
        elif end == "resets":
            reset(sock)
    if reaches:
        (event,) = until(lambda: balancer.events(before))
        assert (event["status"], event["error"]) == (499, "the client closed the connection")
        assert until(lambda: backend.links[0].ended)
    else:
        until(lambda: balancer.in_flight() == 0)
        assert balancer.events(before) == []
