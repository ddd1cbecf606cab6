import json
import os
import re

import pytest
from balancer import event_log
from balancer.event_log import EventLog
from hypothesis import given
from hypothesis import strategies as st

# Whatever bytes a client sends are read as Latin-1; JSON bodies can hold any text.
anything = st.binary().map(lambda data: data.decode("latin-1")) | st.text(
    st.characters(exclude_categories=())
)


@given(anything, anything | st.none(), anything | st.none(), anything)
def test_a_request_line_reads_back_as_what_was_written(path, user, error, request_id):
    fields = {
        "request_id": request_id,
        "timestamp": event_log.now(),
        "user_id": user,
        "variant": user,
        "backend": error,
        "method": "GET",
        "path": path,
        "status": 200,
        "latency_ms": 1.25,
    }
    line = event_log.request_line(**fields, error=error)
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"event": "request", **fields} | (
        {} if error is None else {"error": error}
    )


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
    for line in (b"one\n", b"two\n"):
        log = EventLog(tmp_path / "log")
        log.append(line)
        log.close()
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    assert log.torn_lines == 0


def test_a_torn_last_line_is_ended_kept_and_counted(tmp_path):
    (tmp_path / "log").write_bytes(b'{"whole": 1}\n{"to')
    log = EventLog(tmp_path / "log")
    log.append(b'{"whole": 2}\n')
    log.close()
    assert log.torn_lines == 1
    assert (tmp_path / "log").read_bytes() == b'{"whole": 1}\n{"to\n{"whole": 2}\n'


def test_a_line_written_in_part_is_finished(tmp_path, monkeypatch):
    log = EventLog(tmp_path / "log")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:5]))
    log.append(b"a line of many bytes\n")
    log.close()
    assert (tmp_path / "log").read_bytes() == b"a line of many bytes\n"
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
        log.append(b"lost, not told\n")
    monkeypatch.setattr(os, "write", write)
    log.append(b"later\n")
    log.close()
    assert (tmp_path / "log").read_bytes() == b"lost,\nlater\n"
    assert (log.torn_lines, log.write_errors) == (1, 1)
