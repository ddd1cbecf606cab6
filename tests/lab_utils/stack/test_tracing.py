from types import SimpleNamespace

import pytest

from lab_utils.errors import LabError
from lab_utils.ports import Ports
from lab_utils.stack import tracing
from lab_utils.stack.processes import ProcessStack


def test_a_request_is_found_in_the_event_log_and_in_who_answered(process_stack):
    answer = tracing.ask(process_stack, "17")
    request_id, variant = answer.headers["X-Request-Id"], answer.headers["X-Variant"]
    event, line = tracing.find(process_stack, request_id).lines
    assert event.startswith("event log |")
    assert line.startswith(f"recommender-{variant}")
    assert f"{request_id} GET '/recommend/17' 200" in line


def test_a_name_that_no_request_has_is_told(process_stack, monkeypatch):
    monkeypatch.setattr(tracing, "LOG_TIMEOUT", 0.1)
    with pytest.raises(LabError, match="no-such-name"):
        tracing.find(process_stack, "no-such-name")


def test_one_of_the_crowd_complains(process_stack):
    complaint = tracing.complaint(process_stack)
    assert complaint.event["status"] == 404
    assert complaint.event["user_id"] not in str(complaint)
    assert complaint.request_id in str(complaint)


def test_following_all_shows_a_line_for_each_visit(process_stack):
    lines = tracing.follow(process_stack, users=["17", "23", "4"]).lines
    paths = {line.split("'")[1] for line in lines if " GET " in line}
    assert paths == {"/recommend/17", "/recommend/23", "/recommend/4"}


def test_a_line_of_before_is_left_out_though_names_are_written_wider(monkeypatch):
    answer = SimpleNamespace(headers={"X-Request-Id": "r1", "X-Variant": "a"})
    monkeypatch.setattr(tracing, "ask", lambda stack, user: answer)
    wider = ["balancer-1       | ready", "recommender-a-1  | r1 GET"]
    logs = {True: wider, False: ["balancer-1  | ready"]}
    stack = SimpleNamespace(logs=lambda service, follow: iter(logs[follow]), event_log=lambda: b"")
    assert tracing.follow(stack).lines == ("recommender-a-1  | r1 GET",)


def test_a_line_of_an_earlier_visit_that_is_said_late_is_left_out(monkeypatch):
    answer = SimpleNamespace(headers={"X-Request-Id": "r2", "X-Variant": "a"})
    monkeypatch.setattr(tracing, "ask", lambda stack, user: answer)
    logs = {True: ["recommender-b | r1 GET", "recommender-a | r2 GET"], False: []}
    stack = SimpleNamespace(
        logs=lambda service, follow: iter(logs[follow]),
        event_log=lambda: b'{"event":"request","request_id":"r1"}\n{"torn',
    )
    assert tracing.follow(stack).lines == ("recommender-a | r2 GET",)


def test_following_one_shows_its_own_visits_only(process_stack):
    variant = tracing.ask(process_stack, "17").headers["X-Variant"]
    lines = tracing.follow(process_stack, f"recommender-{variant}", users=["17"]).lines
    assert all("/recommend/17" in line for line in lines)
    assert lines


def test_a_stack_that_is_not_up_is_told(tmp_path):
    with pytest.raises(LabError, match="lab up"):
        tracing.ask(ProcessStack(Ports.free(), tmp_path), "17")
