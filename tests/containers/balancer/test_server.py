import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection, HTTPException

import pytest


def start(config):
    command = [sys.executable, "-m", "balancer", "--config", config]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def config(tmp_path):
    """The text of a good configuration that can be spoiled, and started."""
    good = (
        f'listen = "127.0.0.1:0"\nadmin = "127.0.0.1:0"\nsalt = "test"\n'
        f"event_log = {str(tmp_path / 'events.jsonl')!r}\n"
        '[variants.a]\nweight = 1\nbackends = ["127.0.0.1:9"]\n'
    )

    def spoil(old, new):
        path = tmp_path / "balancer.toml"
        path.write_text(good.replace(old, new))
        return start(path)

    return spoil


def test_it_says_when_it_is_ready_and_where(lab):
    assert re.fullmatch(
        r"balancer [\d.]+ ready: http://127.0.0.1:\d+ \(admin http://127.0.0.1:\d+\), "
        r"sticky split a 1, events to .*\n",
        lab.ready_line,
    )


@pytest.mark.parametrize(
    "settings", ["", pytest.param("workers = 2", marks=pytest.mark.needs("posix"))]
)
def test_once_it_says_so_the_first_visitor_is_served(make_backend, make_lab, settings):
    lab = make_lab({"a": [make_backend()]}, settings=settings)
    lab.stop()
    lab.launch()
    assert lab.ask("GET", "/")[0] == 200


def test_a_taken_port_is_named(config):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = config('listen = "127.0.0.1:0"', f'listen = "{address}"')
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"listen: {address}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_log_that_cannot_be_written_is_named(config):
    ended = config("events.jsonl", "no-such-folder/events.jsonl")
    assert ended.returncode == 2
    assert "event_log: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_bad_settings_are_named(config):
    ended = config("weight = 1", "wait = 1")
    assert ended.returncode == 2
    assert "variants.a.wait: is not a key, did you mean weight?" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_torn_last_line_is_repaired_on_start_and_counted(make_backend, make_lab):
    lab = make_lab({"a": [make_backend()]})
    lab.ask("GET", "/before")
    lab.stop(signal.SIGTERM)
    with lab.log.open("ab") as log:
        log.write(b'{"event":"request","requ')
    lab.start()
    lab.ask("GET", "/after")
    assert lab.status()["event_log"]["torn_lines_repaired"] == 1
    before, torn, after = lab.log.read_bytes().splitlines()
    assert (json.loads(before)["path"], json.loads(after)["path"]) == ("/before", "/after")
    assert torn == b'{"event":"request","requ'


@pytest.mark.needs("posix")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_in_flight_is_finished_before_the_end(make_backend, make_lab, number):
    backend = make_backend()
    backend.script = lambda connection, head: lab.until(lambda: seen) and connection.answer()
    lab = make_lab({"a": [backend]})
    seen = []
    with lab.connect() as idle, lab.connect() as busy:
        busy.sendall(b"GET /busy HTTP/1.1\r\nHost: lab\r\n\r\n")
        lab.until(lambda: backend.heads)
        lab.process.send_signal(number)
        assert lab.read_to_end(idle) == b""
        with pytest.raises(ConnectionRefusedError):
            lab.until(lambda: not lab.connect().__enter__())
        seen.append(True)
        received = lab.read_to_end(busy)
    assert received.endswith(b"Connection: close\r\n\r\nhello")
    assert lab.stop() == 0
    assert lab.event_of("/busy")["status"] == 200


@pytest.mark.needs("posix")
def test_a_full_disk_is_told_to_the_client(make_backend, make_lab):
    lab = make_lab({"a": [make_backend()]})
    # /dev/full takes nothing: every write fails as on a full disk.
    text = lab.config.read_text().replace(str(lab.log), "/dev/full")
    lab.stop()
    lab.config.write_text(text)
    lab.start()
    status, headers, body = lab.ask("GET", "/")
    assert (status, "X-Request-Id" in headers) == (503, True)
    assert "could not be recorded" in json.loads(body)["error"]
    outcome = {"user_id": "1", "request_id": "x", "variant": "a", "outcome": 1}
    assert lab.ask("POST", "/outcome", json.dumps(outcome))[0] == 503
    assert lab.status()["event_log"]["write_errors"] == 2
    assert lab.status()["counts"]["outcomes"] == {}


@pytest.mark.needs("posix")
def test_sigkill_loses_no_request_that_was_answered(make_backend, make_lab):
    lab = make_lab({"a": [make_backend()], "b": [make_backend()]})
    answered = [[] for _ in range(8)]

    def visit(ids):
        connection = HTTPConnection("127.0.0.1", lab.port, timeout=20)
        try:
            for number in itertools.count():
                connection.request("GET", f"/recommend/{number}")
                response = connection.getresponse()
                response.read()
                ids.append(response.headers["X-Request-Id"])
        except (HTTPException, OSError):
            return  # killed

    visitors = [threading.Thread(target=visit, args=(ids,)) for ids in answered]
    for visitor in visitors:
        visitor.start()
    lab.until(lambda: sum(map(len, answered)) > 500)
    os.kill(lab.process.pid, signal.SIGKILL)
    for visitor in visitors:
        visitor.join()
    recorded = {event["request_id"] for event in lab.events()}
    assert all(ids and recorded.issuperset(ids) for ids in answered)
