import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lab_utils import visits
from lab_utils.visits import Visit, Visits

SOME = Visits(
    (
        Visit("1", "a", 200, 1.0),
        Visit("1", "b", 200, 2.0),
        Visit("2", "a", 200, 3.0),
        Visit("3", "a", 503, 4.0),
        Visit("4", "", 0, 90.0),
    )
)


class Odd(BaseHTTPRequestHandler):
    """Odd users get a, even ones b, and user 13 a failure."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        user = int(self.path.split("?")[0].rpartition("/")[2])
        self.send_response(500 if user == 13 else 200)
        self.send_header("X-Variant", "ba"[user % 2])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def url():
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_can_be_seen_in_visits():
    assert SOME.split == {"a": 0.75, "b": 0.25}
    assert SOME.met_several == pytest.approx(1 / 3)
    assert SOME.statuses == {0: 1, 200: 3, 503: 1}
    assert SOME.failed == 0.4
    assert SOME.wait(0.5) == 3.0
    assert SOME.mean_wait == 20.0


def test_who_moved_is_told_of_those_who_kept_to_one_variant():
    after = Visits(
        (Visit("2", "b", 200, 1.0), Visit("3", "a", 200, 1.0), Visit("1", "a", 200, 1.0))
    )
    assert visits.moves(SOME, after) == {"a to a": 1, "a to b": 1}


def test_no_visits_are_no_failure():
    nobody = Visits(())
    assert (nobody.split, nobody.met_several, nobody.failed, len(nobody)) == ({}, 0, 0, 0)


def test_users_ask_in_the_order_given_and_each_as_often_as_named(url):
    seen = visits.ask(url, [1, 2, 13, 1])
    assert [visit.user for visit in seen.all] == ["1", "2", "13", "1"]
    assert [visit.variant for visit in seen.all] == ["a", "b", "a", "a"]
    assert seen.statuses == {200: 3, 500: 1}


def test_a_balancer_that_is_not_there_is_a_visit_without_an_answer():
    from lab_utils.ports import free_port

    assert visits.ask(f"http://127.0.0.1:{free_port()}", [1]).statuses == {0: 1}


def test_a_stream_goes_on_until_it_is_stopped(url):
    from lab_utils import waiting

    with visits.Stream(url, per_second=400) as stream:
        waiting.until(
            lambda: None if len(stream.visits) > 30 else "too few",
            timeout=20,
            doing="testing",
            next_step="-",
        )
    before = len(stream.visits)
    assert stream.stop().split == stream.visits.split
    assert len(stream.visits) == before
    assert len(stream.since(10)) == before - 10
