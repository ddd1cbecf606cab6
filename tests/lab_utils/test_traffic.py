import asyncio
import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lab_utils import traffic


class Balancer(BaseHTTPRequestHandler):
    """Answers user `sick` with 503, `refused`'s outcomes with 400, others with film 1."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        user = self.path.split("/")[2].split("?")[0]
        self.server.asked.append(user)
        if user == "sick":
            self.answer(503, {"error": "no healthy backend"})
        else:
            self.answer(200, {"movies": [{"movie_id": 1}]})

    def do_POST(self):
        outcome = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.outcomes.append(outcome)
        self.answer(400 if outcome["user_id"] == "refused" else 201, {"recorded": True})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-Variant", "a")
        self.send_header("X-Request-Id", f"id-{len(self.server.asked)}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Balancer) as server:
        server.asked, server.outcomes = [], []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def replay(server, users, **options):
    return traffic.replay(f"http://127.0.0.1:{server.server_port}", users=users, seed=1, **options)


def test_a_visit_succeeds_if_a_recommended_film_was_liked_afterwards(server):
    seen = replay(server, {"fan": frozenset({1, 2}), "other": frozenset({3})})
    assert {each["user_id"]: each["outcome"] for each in server.outcomes} == {"fan": 1, "other": 0}
    assert (seen.visits, seen.reported, seen.failures) == (2, 2, {})


def test_an_outcome_names_the_request_and_the_variant_it_belongs_to(server):
    seen = replay(server, {"fan": frozenset({1})})
    assert server.outcomes[0]["request_id"] == seen.answered[0].request_id == "id-1"
    assert server.outcomes[0]["variant"] == seen.answered[0].variant == "a"


def test_failures_are_counted_by_name_and_hide_nothing(server):
    nobody = frozenset[int]()
    seen = replay(server, {"sick": nobody, "refused": nobody, "well": nobody})
    assert seen.failures == {
        "recommendation answered 503 (no healthy backend)": 1,
        "outcome answered 400": 1,
    }
    assert (seen.visits, len(seen.answered), seen.reported) == (3, 3, 1)


def test_a_balancer_that_is_not_there_is_a_failure_with_a_name():
    seen = traffic.replay("http://127.0.0.1:9", users={"fan": frozenset()}, seed=1)
    assert seen.failures == {"ConnectError during a visit": 1}


def test_the_seed_settles_the_order(server):
    users = {str(number): frozenset[int]() for number in range(20)}
    replay(server, users, concurrency=1)
    first, server.asked = server.asked, []
    replay(server, users, concurrency=1)
    assert server.asked == first != list(users)


def test_progress_is_told_after_every_visit(server):
    told = []
    replay(server, {"one": frozenset(), "two": frozenset()}, progress=told.append, concurrency=1)
    assert told == [1, 2]


class Hung(BaseHTTPRequestHandler):
    """Never answers before it is released, and has the reader press Ctrl-C meanwhile."""

    def do_GET(self):
        if not self.server.pressed.is_set():
            self.server.pressed.set()
            os.kill(os.getpid(), signal.SIGINT)
        self.server.released.wait()

    def log_message(self, *args):
        pass


@pytest.fixture
def hung():
    with ThreadingHTTPServer(("127.0.0.1", 0), Hung) as server:
        server.pressed, server.released = threading.Event(), threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.released.set()
        server.shutdown()


def in_a_terminal(work):
    work()


def in_a_cell(work):
    """As Jupyter runs it: from inside a loop that is running, with Python's own Ctrl-C."""

    async def cell():
        work()

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(cell())
    finally:
        loop.close()


@pytest.mark.needs("posix")
@pytest.mark.parametrize("somewhere", [in_a_terminal, in_a_cell])
def test_an_interrupt_does_not_wait_for_a_balancer_that_hangs(hung, somewhere):
    given_up, users = [], {str(number): frozenset[int]() for number in range(4)}
    with pytest.raises(KeyboardInterrupt):
        somewhere(lambda: replay(hung, users, concurrency=2, progress=given_up.append))
    assert given_up == []
