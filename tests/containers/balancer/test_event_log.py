import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from balancer import event_log
from balancer.event_log import EventLog
from hypothesis import given
from hypothesis import strategies as st

# Whatever bytes a client sends are read as Latin-1; JSON bodies can hold any text.
anything = st.binary().map(lambda data: data.decode("latin-1")) | st.text(
    st.characters(exclude_categories=())
)


def line_of(exchange):
    return event_log.request_line(exchange, "2026-11-25T00:00:00.000000Z", 1.25)


def make_exchange(path="/", **fields):
    usual = {"user_id": None, "variant": "a", "backend": None, "retried_from": None, "error": None}
    request = SimpleNamespace(method="GET", target=path)
    return SimpleNamespace(request=request, request_id="x-1", status=200, **{**usual, **fields})


@given(anything, anything | st.none(), anything | st.none())
def test_a_request_line_reads_back_as_what_was_written(path, user, error):
    line = line_of(make_exchange(path, user_id=user, error=error))
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "event": "request",
        "request_id": "x-1",
        "timestamp": "2026-11-25T00:00:00.000000Z",
        "user_id": user,
        "variant": "a",
        "backend": None,
        "method": "GET",
        "path": path,
        "status": 200,
        "latency_ms": 1.25,
        **({} if error is None else {"error": error}),
    }


def test_a_stand_in_and_a_second_try_are_recorded_and_only_they():
    own = SimpleNamespace(name="one:1", variant="a", place=event_log.place_of("a", "one:1"))
    other = SimpleNamespace(name="two:1", variant="b", place=event_log.place_of("b", "two:1"))
    plain = json.loads(line_of(make_exchange(backend=own)))
    assert (plain["variant"], plain["backend"]) == ("a", "one:1")
    assert not {"failover", "retried_from"} & plain.keys()
    stood_in = json.loads(line_of(make_exchange(backend=other, retried_from="one:1")))
    assert (stood_in["variant"], stood_in["backend"]) == ("a", "two:1")
    assert (stood_in["failover"], stood_in["retried_from"]) == ("b", "one:1")


@given(anything, anything)
def test_an_outcome_line_reads_back_as_what_was_written(request_id, user):
    fields = {
        "request_id": request_id,
        "timestamp": event_log.now(),
        "user_id": user,
        "variant": "a",
        "outcome": 1,
    }
    assert json.loads(event_log.outcome_line(**fields)) == {"event": "outcome", **fields}


def test_time_is_iso_8601_in_utc_with_microseconds():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event_log.now())


def test_a_new_file_is_made_and_an_old_one_continued(tmp_path):
    for line in ("one\n", "two\n"):
        log = EventLog(tmp_path / "log")
        log.append([line])
        log.close()
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    assert log.torn_lines == 0


def test_a_torn_last_line_is_ended_kept_and_counted(tmp_path):
    (tmp_path / "log").write_bytes(b'{"whole": 1}\n{"to')
    log = EventLog(tmp_path / "log")
    log.append(['{"whole": 2}\n'])
    log.close()
    assert log.torn_lines == 1
    assert (tmp_path / "log").read_bytes() == b'{"whole": 1}\n{"to\n{"whole": 2}\n'


def test_whoever_joins_others_leaves_the_line_alone_that_one_of_them_may_be_writing(tmp_path):
    (tmp_path / "log").write_bytes(b'{"on its w')
    log = EventLog(tmp_path / "log", shared=True)
    assert (tmp_path / "log").read_bytes() == b'{"on its w'
    log.close()
    assert log.torn_lines == 0


@pytest.mark.needs("posix")
def test_a_line_that_another_left_torn_takes_no_other_with_it(tmp_path):
    one, two = (EventLog(tmp_path / "log", shared=True) for _ in range(2))
    one.append(["one\n"])
    (tmp_path / "log").open("ab").write(b'{"to')  # a third is killed
    two.append(["two\n"])
    one.append(["three\n"])
    assert (tmp_path / "log").read_bytes() == b'one\n{"to\ntwo\nthree\n'
    assert (one.torn_lines, two.torn_lines) == (0, 1)
    one.close()
    two.close()


KILLED_WHILE_WRITING = """
import sys
from pathlib import Path
from balancer.event_log import EventLog
log = EventLog(Path(sys.argv[1]), shared=True)
lines = [f'{{"writer": "{sys.argv[2]}", "filler": "{"x" * 200}"}}\\n'] * 32
print("writing", flush=True)
while True:
    log.append(lines)
"""


@pytest.mark.needs("posix")
def test_of_many_writers_that_are_killed_none_harms_a_line_of_the_others(tmp_path):
    path = tmp_path / "log"
    for number in range(12):
        command = [sys.executable, "-c", KILLED_WHILE_WRITING, path, str(number)]
        writers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
        for writer in writers:
            assert writer.stdout.readline() == b"writing\n"
        for writer in writers:
            writer.kill()
            writer.wait()
            writer.stdout.close()
    log = EventLog(path)
    log.close()
    lines = path.read_bytes().splitlines()
    assert [line for line in lines if not line.startswith(b"{") or line.count(b"{") > 1] == []


def test_a_line_written_in_part_is_finished(tmp_path, monkeypatch):
    log = EventLog(tmp_path / "log")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:5]))
    log.append(["a line of many bytes\n", "another\n"])
    log.close()
    assert (tmp_path / "log").read_bytes() == b"a line of many bytes\nanother\n"
    assert log.torn_lines == 0


def test_a_disk_that_fills_up_is_an_error_and_tears_no_later_line(tmp_path, monkeypatch):
    log = EventLog(tmp_path / "log")
    write, room = os.write, [5]

    def full(descriptor, data):
        if not room:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: room.pop()])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        log.append(["lost, not told\n"])
    monkeypatch.setattr(os, "write", write)
    log.append(["later\n"])
    log.close()
    assert (tmp_path / "log").read_bytes() == b"lost,\nlater\n"
    assert (log.torn_lines, log.write_errors) == (1, 1)


def test_of_lines_written_together_those_that_found_room_are_recorded(tmp_path, monkeypatch):
    log = EventLog(tmp_path / "log")
    write, room = os.write, [9]

    def full(descriptor, data):
        if not room:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: room.pop()])

    monkeypatch.setattr(os, "write", full)
    assert log.append_all(["one\n", "two\n", "three\n"]) == (2, "No space left on device")
    monkeypatch.setattr(os, "write", write)
    assert log.append_all(["four\n"]) == (1, "")
    log.close()
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\nt\nfour\n"
