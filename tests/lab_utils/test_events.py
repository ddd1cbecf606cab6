import json

import pytest

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


def test_only_requests_for_films_are_visits(read):
    log = read(request(1), request(2, path="/healthz"), request(3, path="/"), outcome(1))
    assert log.visits()["request_id"].tolist() == ["r1"]


def test_corrupt_lines_are_counted_with_their_numbers(read):
    log = read(request(1), '{"event":"requ', outcome(1), "[]", '{"event": "outcome"}', "null")
    assert log.torn_at == (2, 4, 5, 6)
    assert log.torn_lines == 4
    assert len(log.visits()) == 1


def test_bytes_that_are_no_text_are_a_corrupt_line(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(json.dumps(request(1)).encode() + b"\n\xff\xfe\x00{\n")
    assert events.read(path).torn_at == (2,)


def test_a_field_of_the_wrong_type_makes_a_line_corrupt(read):
    log = read(request(1), {**outcome(1), "outcome": "yes"})
    assert log.torn_at == (2,)


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


def test_an_unreadable_time_is_left_for_the_experiment_to_name(read):
    log = read({**request(1), "timestamp": "yesterday"}, outcome(1))
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
