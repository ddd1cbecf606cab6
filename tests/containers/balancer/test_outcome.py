import json

import pytest
from balancer.heads import HttpError
from balancer.outcome import parse_outcome

GOOD = {"user_id": "17", "request_id": "abc-1", "variant": "a", "outcome": 1}


def refusal(body):
    with pytest.raises(HttpError) as caught:
        parse_outcome(body, ["a", "b"])
    assert caught.value.status == 400
    return caught.value.message


def test_a_good_outcome_is_taken():
    assert parse_outcome(json.dumps(GOOD).encode(), ["a", "b"])._asdict() == GOOD


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_id", 17),
        ("user_id", ""),
        ("user_id", "x" * 300),
        ("request_id", None),
        ("variant", "c"),
        ("variant", ["a"]),
        ("outcome", 2),
        ("outcome", True),
        ("outcome", "1"),
        ("outcome", {}),
    ],
)
def test_a_bad_value_is_named_with_what_it_may_be(field, value):
    message = refusal(json.dumps(GOOD | {field: value}).encode())
    assert message.startswith(f"{field}: found ")
    assert ", may be " in message


@pytest.mark.parametrize("field", GOOD)
def test_a_missing_field_is_named(field):
    assert refusal(json.dumps({key: GOOD[key] for key in GOOD if key != field}).encode()) == (
        f"{field} is missing"
    )


def test_an_unknown_field_is_named():
    assert "'score'" in refusal(json.dumps(GOOD | {"score": 1}).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"a"', b"\xff", b"[" * 60_000])
def test_what_is_no_json_object_is_refused(body):
    assert "JSON" in refusal(body)


def test_an_accepted_outcome_is_in_the_log(lab):
    status, _, body = lab.ask("POST", "/outcome", json.dumps(GOOD))
    assert (status, json.loads(body)) == (201, {"recorded": True})
    event = lab.events()[-1]
    assert event.pop("timestamp")
    assert event == {"event": "outcome", **GOOD}


def test_a_refused_outcome_is_no_outcome_in_the_log(lab):
    status, headers, body = lab.ask("POST", "/outcome?refused", '{"user_id": "17"}')
    assert status == 400
    assert json.loads(body) == {"error": "request_id is missing"}
    event = lab.event_of("/outcome?refused")
    assert (event["event"], event["status"], event["variant"]) == ("request", 400, None)
    assert event["request_id"] == headers["X-Request-Id"]


def test_other_methods_are_refused(lab):
    status, headers, body = lab.ask("GET", "/outcome")
    assert (status, headers["Allow"], b"takes POST, not GET" in body) == (405, "POST", True)


def test_an_outcome_of_many_bytes_is_refused(lab):
    assert lab.ask("POST", "/outcome", b"x" * 100_000)[0] == 413


def test_an_outcome_may_come_in_chunks(lab):
    chunks = iter([json.dumps(GOOD).encode()[:9], json.dumps(GOOD).encode()[9:]])
    assert lab.ask("POST", "/outcome", chunks)[0] == 201
