"""Several workers look, from outside, like one balancer; and what becomes of them when they die."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPException

import psutil
import pytest

pytestmark = pytest.mark.needs("posix")

CONNECTIONS = 32


class Load:
    """Visitors with a connection each, who ask until the end of the block; their answers are kept.

    Args:
        lab: where they ask.
    """

    def __init__(self, lab):
        self.answers = []
        self.cut = 0
        self._lab = lab
        self._over = threading.Event()
        self._visitors = [
            threading.Thread(target=self._visit, args=(user,)) for user in range(CONNECTIONS)
        ]

    def __enter__(self):
        for visitor in self._visitors:
            visitor.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for visitor in self._visitors:
            visitor.join()

    def more(self, count=400):
        """Wait for this many further answers; they."""
        before = len(self.answers)
        self._lab.until(lambda: len(self.answers) >= before + count)
        return self.answers[before:]

    def _visit(self, user):
        with closing(HTTPConnection("127.0.0.1", self._lab.port, timeout=20)) as connection:
            while not self._over.is_set():
                try:
                    connection.request("GET", f"/recommend/{user}")
                    answer = connection.getresponse()
                    answer.read()
                except (HTTPException, OSError):
                    self.cut += 1
                    connection.close()  # the next request opens another
                else:
                    self.answers.append((answer.headers["X-Request-Id"], answer))


def statuses(answers):
    return {answer.status for _, answer in answers}


def variants(answers):
    return {answer.headers["X-Variant"] for _, answer in answers}


def workers(answers):
    """The workers that gave these answers: each puts a word of its own before its ids."""
    return {request_id.partition("-")[0] for request_id, _ in answers}


def processes(lab):
    return psutil.Process(lab.process.pid).children()


def gone(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def asked_everywhere(lab, count):
    """Answers on new connections, until each of `count` workers has given some."""
    answers = []

    def all_have_answered():
        _, headers, _ = lab.ask("GET", "/recommend/17")
        answers.append(headers["X-Request-Id"])
        return len({each.partition("-")[0] for each in answers}) == count

    lab.until(all_have_answered)
    return answers


@pytest.fixture
def make_workers(make_backend, make_lab):
    """A balancer with workers in front of a backend for each variant, all of them serving."""

    def make(count=2, variants="ab", settings="", **options):
        backends = {name: [make_backend()] for name in variants}
        lab = make_lab(backends, settings=f"workers = {count}\n{settings}", **options)
        asked_everywhere(lab, count)
        lab.until(lambda: {lab.ask("GET", f"/warm/{n}")[0] for n in range(10)} == {200})
        return lab, [backend for (backend,) in backends.values()]

    return make


@pytest.mark.parametrize("count", [2, 3])
def test_all_of_them_answer(make_workers, count):
    lab, _ = make_workers(count)
    with Load(lab) as load:
        load.more()
    assert len(workers(load.answers)) == count == lab.status()["workers"]
    assert (statuses(load.answers), load.cut) == ({200}, 0)


def test_each_answer_is_in_the_log_once_and_every_line_is_whole(make_workers):
    lab, _ = make_workers(3)
    with Load(lab) as load:
        load.more(2_000)
    recorded = Counter(e["request_id"] for e in lab.events() if e["path"].startswith("/recommend"))
    told = Counter(request_id for request_id, _ in load.answers)
    assert max(recorded.values()) == 1
    assert told.keys() <= recorded.keys()
    assert len(recorded - told) < 100  # those that were asked before the load began


def test_counts_are_the_sums_over_all_workers(make_workers):
    lab, _ = make_workers(3)
    with Load(lab) as load:
        load.more()
    logged = Counter(event["variant"] for event in lab.events())
    assert lab.status()["counts"]["requests"] == logged
    exposed = lab.ask("GET", "/metrics", port=lab.admin_port)[2].decode()
    totals = re.findall(r'^balancer_requests_total\{variant="(.)".*\} (\d+)$', exposed, re.M)
    assert {variant: int(total) for variant, total in totals} == logged
    assert len(workers(load.answers)) == 3


def test_new_weights_reach_all_of_them_and_no_request_is_dropped(make_workers):
    lab, _ = make_workers(3)
    with Load(lab) as load:
        assert variants(load.more()) == {"a", "b"}
        assert lab.ask("PUT", "/weights", '{"a": 0, "b": 1}', port=lab.admin_port)[0] == 200
        lab.until(lambda: variants(load.more()) == {"b"})
        assert len(workers(load.more())) == 3
    assert (statuses(load.answers), load.cut) == ({200}, 0)


def test_who_fails_requests_is_spared_by_all(make_backend, make_lab):
    one, two = make_backend(), make_backend()
    lab = make_lab({"a": [one, two]}, settings="workers = 3", eject_after=2)
    asked_everywhere(lab, 3)
    one.script = lambda connection, head: connection.close()
    with Load(lab) as load:
        lab.until(lambda: "requests in a row failed" in lab.backends()[0]["detail"])
        load.more()
    assert (statuses(load.answers), load.cut) == ({200}, 0)


def health(lab):
    return sorted(each["health"] for each in lab.backends())


def test_they_agree_on_who_is_healthy(make_backend, make_lab):
    one, two = make_backend(), make_backend()
    lab = make_lab({"a": [one, two]}, settings="workers = 3")
    for sick, well in ((one, two), (two, one)):
        sick.healthy, well.healthy = False, True

        def only_the_other_is_asked(sick=sick):
            before = len(sick.heads)
            return asked_everywhere(lab, 3) and len(sick.heads) == before

        lab.until(lambda: health(lab) == ["healthy", "unhealthy"])
        lab.until(only_the_other_is_asked)
        assert health(lab) == ["healthy", "unhealthy"]


def test_outcomes_told_to_one_are_known_to_all(make_workers):
    lab, _ = make_workers(3, settings='strategy = "thompson_sampling"')
    for variant, outcome in [("a", 0), ("b", 1)] * 60:
        told = {"user_id": "1", "request_id": "x", "variant": variant, "outcome": outcome}
        assert lab.ask("POST", "/outcome", json.dumps(told))[0] == 201
    with Load(lab) as load:
        lab.until(lambda: variants(load.more()) == {"b"})
        assert len(workers(load.more())) == 3
    assert lab.status()["counts"]["outcomes"] == {"a": 60, "b": 60}


def test_told_to_stop_all_finish_what_they_have_begun(make_workers):
    lab, (backend,) = make_workers(3, variants="a")
    let_go = threading.Event()
    backend.script = lambda connection, head: (let_go.wait(20), connection.answer(b"late"))
    children = processes(lab)
    with ExitStack() as stack:
        waiting = [stack.enter_context(lab.connect()) for _ in range(CONNECTIONS)]
        for sock in waiting:
            sock.sendall(b"GET /late HTTP/1.1\r\nHost: lab\r\n\r\n")
        lab.until(lambda: sum(b"/late" in head for head in backend.heads) == CONNECTIONS)
        lab.process.send_signal(signal.SIGTERM)
        lab.until(lambda: not listens(lab.port))
        let_go.set()
        assert all(lab.read_to_end(sock).endswith(b"late") for sock in waiting)
    assert lab.stop() == 0
    assert all(map(gone, children))
    assert [e["status"] for e in lab.events() if e["path"] == "/late"] == [200] * CONNECTIONS


def test_another_takes_the_place_of_one_that_is_killed(make_workers):
    lab, _ = make_workers(2)
    lab.ask("PUT", "/weights", '{"a": 0, "b": 1}', port=lab.admin_port)
    with Load(lab) as load:
        before = processes(lab)
        lab.until(lambda: variants(load.more()) == {"b"})
        os.kill(before[0].pid, signal.SIGKILL)
        lab.until(lambda: len(set(processes(lab)) - set(before)) == 1)
        load.more()
        asked_everywhere(lab, 2)
        # The newcomer knows what was said before its time.
        assert variants(load.more()) == {"b"}
    assert statuses(load.answers) == {200}
    assert load.cut <= CONNECTIONS
    assert {request_id for request_id, _ in load.answers} <= {e["request_id"] for e in lab.events()}
    assert lab.status()["workers"] == 2


def test_without_their_leader_they_finish_what_they_have_begun_and_end(make_workers):
    lab, (backend,) = make_workers(2, variants="a")
    let_go = threading.Event()
    backend.script = lambda connection, head: (let_go.wait(20), connection.answer(b"late"))
    children = processes(lab)
    with lab.connect() as waiting:
        waiting.sendall(b"GET /late HTTP/1.1\r\nHost: lab\r\n\r\n")
        lab.until(lambda: any(b"/late" in head for head in backend.heads))
        lab.process.kill()
        lab.until(lambda: not listens(lab.port))
        let_go.set()
        assert lab.read_to_end(waiting).endswith(b"late")
    lab.until(lambda: all(map(gone, children)))


def test_they_end_also_if_their_leader_dies_with_their_messages_unread(make_workers):
    lab, _ = make_workers(2, settings='strategy = "thompson_sampling"')
    children = processes(lab)
    lab.process.send_signal(signal.SIGSTOP)
    told = {"user_id": "1", "request_id": "x", "variant": "a", "outcome": 1}
    for _ in range(20):
        assert lab.ask("POST", "/outcome", json.dumps(told))[0] == 201
    lab.process.kill()
    try:
        lab.until(lambda: all(map(gone, children)))
    finally:
        for child in children:
            if not gone(child):
                child.kill()


@pytest.mark.parametrize("key", ["listen", "admin"])
def test_a_taken_port_is_named(tmp_path, key):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = start(tmp_path, **{key: address})
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"{key}: {address}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_other_workers_share_is_taken(make_workers, tmp_path):
    lab, _ = make_workers(2)
    ended = start(tmp_path, listen=f"127.0.0.1:{lab.port}")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"listen: 127.0.0.1:{lab.port}" in ended.stderr


def test_if_one_cannot_start_the_balancer_does_not(tmp_path):
    ended = start(tmp_path, strategy=own_strategy(tmp_path, "raise ValueError('only here')"))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "a worker cannot start" in ended.stderr
    assert "only here" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_one_that_is_not_ready_in_time_does_not_keep_the_balancer_from_ending(tmp_path):
    strategy = own_strategy(tmp_path, "import time; time.sleep(60)")
    ended = start(tmp_path, in_a_hurry=True, strategy=strategy)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "not ready in time" in ended.stderr


def own_strategy(folder, trouble):
    """A strategy that makes trouble where a worker loads it, and for nobody else."""
    (folder / "own.py").write_text(
        f"import sys\nif 'workers' in sys.argv[0]:\n    {trouble}\ndef choose():\n    return 'a'\n"
    )
    return "own.py:choose"


IN_A_HURRY = """
import sys
from balancer import __main__, workers
workers._START_S, workers.DRAIN_S = 1.0, 0.0
sys.exit(__main__.main(sys.argv[1:]))
"""


def start(folder, *, in_a_hurry=False, **settings):
    """Start a balancer that cannot; how it ended."""
    settings = {"listen": "127.0.0.1:0", "admin": "127.0.0.1:0", **settings}
    config = folder / "second.toml"
    config.write_text(
        "".join(f'{key} = "{value}"\n' for key, value in settings.items())
        + f'workers = 2\nsalt = "test"\nevent_log = {str(folder / "second.jsonl")!r}\n'
        '[variants.a]\nweight = 1\nbackends = ["127.0.0.1:9"]\n'
    )
    program = ["-c", IN_A_HURRY] if in_a_hurry else ["-m", "balancer"]
    command = [sys.executable, *program, "--config", config]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=20).close()
    except ConnectionRefusedError:
        return False
    return True
