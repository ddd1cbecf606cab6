import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab_utils import events
from lab_utils.errors import LabError


def request(number, user="17", variant="a", status=200, path="/recommend/17?n=10"):
    return {
        "event": "request",
        "request_id": f"r{number}",
        "timestamp": f"2026-03-01T09:00:0{number}.000000Z",
        "user_id": user,
        "variant": variant,
        "backend": None,
        "method": "GET",
        "path": path,
        "status": status,
        "latency_ms": 4.5,
    }


def outcome(number, value=1, variant="a"):
    return {
        "event": "outcome",
        "request_id": f"r{number}",
        "timestamp": f"2026-03-01T09:00:0{number}.500000Z",
        "user_id": "17",
        "variant": variant,
        "outcome": value,
    }


@pytest.fixture
def read(tmp_path):
    def write_and_read(*lines):
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path = tmp_path / "events.jsonl"
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        return events.read(path)

    return write_and_read


def test_an_outcome_joins_its_request(read):
    visits = read(request(1), request(2), outcome(2, 0), outcome(1, 1)).visits()
    assert visits["outcome"].tolist() == [1, 0]
    assert visits["request_id"].tolist() == ["r1", "r2"]


def test_times_are_utc_and_user_ids_stay_text(read):
    visits = read(request(1, user="007"), outcome(1)).visits()
    assert str(visits["timestamp"].dt.tz) == "UTC"
    assert visits["user_id"].tolist() == ["007"]


@pytest.mark.parametrize("status", [404, 500, 502, 503])
def test_a_failed_request_stays_with_outcome_0(read, status):
    visits = read(request(1, status=status, variant=None)).visits()
    assert visits["outcome"].tolist() == [0]


def test_an_answered_request_without_an_outcome_is_missing_not_0(read):
    assert read(request(1)).visits()["outcome"].isna().all()


def test_a_stand_in_is_told_beside_the_variant_that_the_user_belongs_to(read):
    visits = read(request(1), {**request(2, variant="b"), "failover": "a"}).visits()
    assert visits["variant"].tolist() == ["a", "b"]
    assert visits["failover"].fillna("").tolist() == ["", "a"]


def test_a_stand_in_that_is_no_name_makes_the_line_unusable(read):
    assert read(request(1), {**request(2), "failover": 7}).unusable_lines == 1


def test_only_requests_for_films_are_visits(read):
    log = read(request(1), request(2, path="/healthz"), request(3, path="/"), outcome(1))
    assert log.visits()["request_id"].tolist() == ["r1"]


def test_corrupt_lines_are_counted_with_their_numbers(read):
    log = read(request(1), '{"event":"requ', outcome(1), "[]", '{"event": "outcome"}', "null")
    assert log.unusable == {
        "not JSON, as if cut short": (2,),
        "no object with the name of an event": (4, 6),
        "an outcome without request_id": (5,),
    }
    assert (log.unusable_lines, log.lines) == (4, 6)
    assert len(log.visits()) == 1


def test_bytes_that_are_no_text_are_a_corrupt_line(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(json.dumps(request(1)).encode() + b"\n\xff\xfe\x00{\n")
    assert events.read(path).unusable == {"not UTF-8 text": (2,)}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({**outcome(1), "outcome": "yes"}, "an outcome whose outcome is not a number"),
        ({**outcome(1), "outcome": 10**399}, "an outcome whose outcome is not a number"),
        ({**request(2), "latency_ms": "4.5"}, "a request whose latency_ms is not a number"),
        ({**request(2), "latency_ms": -1}, "a request whose latency_ms is not a number from 0"),
        ({**request(2), "latency_ms": 10**400}, "a request whose latency_ms is not a number"),
        ({**request(2), "latency_ms": float("inf")}, "not JSON"),
        ({**request(2), "latency_ms": float("nan")}, "not JSON"),
        ({**request(2), "status": 200.5}, "a request whose status is not an HTTP status"),
        ({**request(2), "status": True}, "a request whose status is not an HTTP status"),
        ({**request(2), "user_id": {"id": [17]}}, "a request whose user_id is not text or null"),
        ({**request(2), "variant": "\ud800"}, "a request whose variant is not text or null"),
        ({**request(2), "event": ["request"]}, "no object with the name of an event"),
        ("", "empty"),
    ],
)
def test_what_makes_a_line_unusable_is_named_with_its_number(read, event, why):
    (problem,) = read(request(1), event).problems()
    assert problem.startswith(f"line that is {why}")
    assert problem.endswith("(line 2)")


def test_a_number_too_large_for_a_float_is_read_as_infinity_and_refused(read):
    line = json.dumps(request(2)).replace("4.5", "1e400")
    assert read(request(1), line).unusable_lines == 1


def test_a_byte_order_mark_costs_no_line(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(request(1)).encode() + b"\n")
    assert events.read(path).problems() == {}


def test_many_bad_lines_and_many_kinds_are_told_in_few_words(read):
    kinds = [{"event": f"{number}{'x' * 100_000}"} for number in range(9)]
    told = read(request(1), *["torn"] * 9, *kinds).problems()
    assert told["line that is not JSON, as if cut short (line 2, 3, 4, 5, 6 and 4 more)"] == 9
    assert told["event of yet another unknown kind"] == 4
    assert max(map(len, told)) < 100


def test_a_log_of_outcomes_alone_has_no_visits(read):
    log = read(outcome(1))
    assert log.visits().empty
    assert log.failures() == {}
    assert log.orphan_outcomes == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
VALUES = JSON | st.sampled_from([10**400, -1, 1e308, "\ud800", "now", "0000-00-00", "a", "b", ""])
EVENTS = st.builds(
    lambda event, field, value: {**event, field: value},
    st.sampled_from([request(1), request(2, status=502, variant=None), outcome(1), outcome(3)]),
    st.sampled_from([*request(1), "outcome"]),
    VALUES,
)
LINES = (EVENTS | JSON).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=8))
def test_whatever_is_in_the_file_every_line_is_counted_once(lines):
    content = b"\n".join([json.dumps(request(1)).encode(), *lines])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        path.write_bytes(content)
        log = events.read(path)
    whole = len(log.requests) + len(log.outcomes) + sum(log.unknown_events.values())
    assert whole + log.unusable_lines == log.lines == len(content.splitlines())
    assert len(log.visits()) <= len(log.requests)
    assert "\ud800" not in "".join([*log.problems(), *log.failures()])


def test_each_problem_is_counted_by_name(read):
    log = read(
        request(1),
        outcome(1, 1),
        outcome(1, 0),
        outcome(9),
        request(2),
        outcome(2, 1, variant="b"),
        {"event": "weights"},
    )
    assert log.duplicate_outcomes == 1
    assert log.orphan_outcomes == 1
    assert log.contradicting_outcomes == 1
    assert log.unknown_events == {"weights": 1}
    assert list(log.problems().values()) == [1, 1, 1, 1]


def test_the_first_of_two_outcomes_counts(read):
    assert read(request(1), outcome(1, 1), outcome(1, 0)).visits()["outcome"].tolist() == [1]


def test_a_clean_log_has_no_problems(read):
    assert read(request(1), outcome(1)).problems() == {}


def test_a_null_variant_in_both_is_no_contradiction(read):
    log = read(request(1, variant=None, status=503), outcome(1, variant=None))
    assert log.contradicting_outcomes == 0


def test_failures_are_named_by_status_and_variant(read):
    log = read(request(1, status=502), request(2, status=502), request(3, None, None, 503))
    assert log.failures() == {"status 502 from a": 2, "status 503 from no variant": 1}


@pytest.mark.parametrize("time", ["yesterday", "now", "", "-2026-01-01", "12026-01-01", "\0"])
def test_an_unreadable_time_is_left_for_the_experiment_to_name(read, time):
    log = read({**request(1), "timestamp": time}, outcome(1))
    assert log.visits()["timestamp"].isna().all()


@pytest.mark.parametrize("content", [None, "", "torn\n"])
def test_no_events_says_how_to_make_some(tmp_path, content):
    path = tmp_path / "events.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(LabError, match="lab demo"):
        events.read(path)


def test_a_line_nested_beyond_reason_is_counted_like_any_other_bad_line(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"[" * 200_000 + b"\n")
    with pytest.raises(LabError):
        events.read(path)
