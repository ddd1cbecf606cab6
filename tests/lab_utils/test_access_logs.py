"""Real lines of nginx 1.26 and HAProxy 3.0, as their configurations here make them."""

import json

import pytest

from lab_utils import access_logs, events

NGINX_REQUEST = (
    rb'{"event":"request","request_id":"7d125d435af74a3e4278fd1d8e95a084","timestamp":'
    rb'1795574667.190,"user_id":"17","variant":"a","backend":"172.19.0.3:8000","method":"GET",'
    rb'"path":"/recommend/17?n=2","status":200,"latency_s":0.003,"body":""}'
)
NGINX_OUTCOME = (
    rb'{"event":"outcome","request_id":"dadbc878cdfcf9cb85c785eb475a42df","timestamp":'
    rb'1795574667.241,"user_id":"","variant":"b","backend":"127.0.0.1:8084","method":"POST",'
    rb'"path":"/outcome","status":201,"latency_s":0.000,"body":"{\"user_id\":\"17\",'
    rb'\"request_id\":\"x\",\"variant\":\"a\",\"outcome\":1}"}'
)
HAPROXY_REQUEST = (
    rb'{"event":"request","request_id":"71c0c424-24ea-48bb-ad38-f101afcd57d9","timestamp":'
    rb'"2026-11-25T02:45:09.915Z","user_id":"17","variant":"a","backend":"recommender-a",'
    rb'"method":"GET","path":"\/recommend\/17?n=2","status":200,"latency_ms":2,"body":"-"}'
)
HAPROXY_OUTCOME = (
    rb'{"event":"outcome","request_id":"aff10e02-fb28-40cd-b629-0eee4614103f","timestamp":'
    rb'"2026-11-25T02:45:09.938Z","user_id":"-","variant":"-","backend":"<NOSRV>","method":"POST",'
    rb'"path":"\/outcome","status":201,"latency_ms":0,"body":"{\"user_id\":\"17\",'
    rb'\"request_id\":\"x\",\"variant\":\"a\",\"outcome\":1}"}'
)
HAPROXY_UNREADABLE = (
    rb'{"event":"-","request_id":"-","timestamp":"2026-11-25T02:45:10.003Z","user_id":"-",'
    rb'"variant":"-","backend":"<NOSRV>","method":"-","path":"-","status":400,"latency_ms":0,'
    rb'"body":"-"}'
)
LINES = [NGINX_REQUEST, NGINX_OUTCOME, HAPROXY_REQUEST, HAPROXY_OUTCOME, HAPROXY_UNREADABLE]


def translated(line):
    return json.loads(access_logs.to_events(line + b"\n"))


def test_a_request_of_nginx_has_its_time_in_words_and_its_latency_in_milliseconds():
    assert translated(NGINX_REQUEST) == {
        "event": "request",
        "request_id": "7d125d435af74a3e4278fd1d8e95a084",
        "timestamp": "2026-11-25T02:44:27.190Z",
        "user_id": "17",
        "variant": "a",
        "backend": "172.19.0.3:8000",
        "method": "GET",
        "path": "/recommend/17?n=2",
        "status": 200,
        "latency_ms": 3.0,
    }


def test_a_request_of_haproxy_is_nearly_an_event_as_it_is():
    event = translated(HAPROXY_REQUEST)
    assert event["timestamp"] == "2026-11-25T02:45:09.915Z"
    assert event["path"] == "/recommend/17?n=2"
    assert event["latency_ms"] == 2.0
    assert "body" not in event


@pytest.mark.parametrize("line", [NGINX_OUTCOME, HAPROXY_OUTCOME])
def test_an_outcome_is_what_was_posted(line):
    told = translated(line)
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "event": "outcome",
        "request_id": "x",
        "user_id": "17",
        "variant": "a",
        "outcome": 1,
    }


def test_what_is_not_there_is_null_and_an_unreadable_request_is_a_dash():
    event = translated(HAPROXY_UNREADABLE)
    assert event["event"] == "request"
    assert (event["user_id"], event["variant"], event["backend"]) == (None, None, None)
    assert (event["method"], event["path"]) == ("-", "-")


@pytest.mark.parametrize("line", LINES)
def test_the_reader_of_events_can_use_every_line(line, tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(access_logs.to_events(line + b"\n"))
    assert events.read(path).unusable == {}


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"17", b"[]", rb"{\"user_id\":\"17\"}", b"[" * 100_000]
)
def test_a_body_that_is_no_outcome_is_handed_on_and_counted(body, tmp_path):
    line = NGINX_OUTCOME[: NGINX_OUTCOME.index(b'"body"')] + b'"body":"' + body + b'"}\n'
    assert access_logs.to_events(line) == line
    path = tmp_path / "events.jsonl"
    path.write_bytes(access_logs.to_events(NGINX_REQUEST + b"\n" + line))
    assert list(events.read(path).unusable.values()) == [(2,)]


@pytest.mark.parametrize("value", [b"2", b"true", rb"\"1\"", b"0.5", b"null"])
def test_an_outcome_that_our_balancer_would_refuse_is_none(value):
    line = NGINX_OUTCOME.replace(rb"\"outcome\":1", rb"\"outcome\":" + value)
    assert access_logs.to_events(line) == line


def test_what_haproxy_says_about_itself_is_no_event():
    own = b"Proxy visitors stopped (cumulated conns: FE: 409, BE: 0).\n"
    assert access_logs.to_events(own + HAPROXY_REQUEST + b"\n" + own).count(b"\n") == 1


def test_a_torn_last_line_stays_as_it_is():
    whole, torn = NGINX_REQUEST + b"\n", NGINX_OUTCOME[:50]
    assert access_logs.to_events(whole + torn) == access_logs.to_events(whole) + torn


def test_the_events_of_a_log_that_has_grown_begin_with_those_it_had():
    log = b"\n".join(LINES) + b"\n"
    for end in (line_end + 1 for line_end, byte in enumerate(log) if byte == ord("\n")):
        assert access_logs.to_events(log).startswith(access_logs.to_events(log[:end]))


def test_bytes_that_are_no_text_do_not_lose_a_request():
    event = translated(NGINX_REQUEST.replace(b"/17?", b"/\xff\xfe?"))
    assert event["path"].startswith("/recommend/")
    assert event["status"] == 200
