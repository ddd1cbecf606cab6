import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lab_utils import waiting
from lab_utils.errors import LabError


def test_it_returns_as_soon_as_nothing_is_missing():
    answers = iter(["not yet", "not yet", None])
    waiting.until(lambda: next(answers), timeout=10, doing="waiting", next_step="-")
    assert next(answers, "exhausted") == "exhausted"


def test_a_deadline_says_what_was_still_missing_and_shows_the_details():
    with pytest.raises(LabError, match=r"(?s)the door is shut.*last words") as caught:
        waiting.until(
            lambda: "the door is shut",
            timeout=0,
            doing="waiting",
            next_step="knock",
            details=lambda: "last words",
        )
    assert caught.value.next_step == "knock"


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = {"/object": (200, {"a": 1}), "/list": (200, [1]), "/sick": (503, {})}[
            self.path
        ]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def site():
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_answer_is_a_json_object_with_status_200_and_nothing_else(site):
    assert waiting.answer(site + "/object") == {"a": 1}
    assert waiting.answer(site + "/list") is None
    assert waiting.answer(site + "/sick") is None


def test_nobody_there_is_no_answer():
    assert waiting.answer("http://127.0.0.1:9/", timeout=0.5) is None
