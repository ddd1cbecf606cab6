"""The account finds each demand that was not met; visitors and log are made up here."""

import io
import json
from types import SimpleNamespace

import pytest
from rich.console import Console

from benchmarks.chaos import account
from benchmarks.chaos.story import Chapter, Diary
from benchmarks.chaos.visitors import Answer, Cut

CHAPTERS = (
    Chapter("all is well", 0, 10, downtime=False, nobody=False),
    Chapter("both die", 10, 20, downtime=False, nobody=True),
    Chapter("the balancer is restarted", 20, 30, downtime=True, nobody=False),
    Chapter("all is well again", 30, 40, downtime=False, nobody=False),
)


def answer(number=1, **fields):
    usual = {
        "at": 1.0,
        "user_id": "17",
        "request_id": f"x-{number}",
        "status": 200,
        "variant": "a",
        "failover": None,
        "answered_by": "a",
        "latency_s": 0.01,
    }
    return Answer(**{**usual, **fields})


def logged(answer, **fields):
    keys = ("request_id", "user_id", "variant", "failover", "status")
    event = {"event": "request", **{key: getattr(answer, key) for key in keys}, **fields}
    return json.dumps(event).encode() + b"\n"


def account_of(answers=(), cuts=(), log=None):
    visitors = SimpleNamespace(answers=list(answers), cuts=list(cuts))
    log = b"".join(map(logged, answers)) if log is None else log
    said = "backend x is ejected: why\n"
    return account.of(Diary(CHAPTERS, visitors), log, said, {"Docker": "1"})


def test_what_is_as_demanded_is_said_to_be():
    stood_in = answer(2, failover="b", answered_by="b")
    seen = account_of([answer(), stood_in])
    shown = io.StringIO()
    seen.show(Console(file=shown, width=1000))
    assert seen.broken() == []
    assert "2 answers (2 of 200) to 1 users" in shown.getvalue()
    assert "stand in for 1, and ejected 1 backends" in shown.getvalue()
    assert "As demanded" in shown.getvalue()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([answer(status=502)], "1 failed although a backend was healthy: x-1 at 1.0 s: 502"),
        ([answer(), answer(2, variant="b", answered_by="b")], "met several variants: user 17"),
        ([answer(answered_by="b")], "another variant than was said: x-1: b, and not a"),
        ([answer(failover="b")], "another variant than was said: x-1: a, and not b"),
    ],
)
def test_a_demand_that_was_not_met_is_named(answers, said):
    seen = account_of(answers)
    shown = io.StringIO()
    seen.show(Console(file=shown, width=200))
    (broken,) = seen.broken()
    assert said in broken
    assert f"NOT AS DEMANDED: {broken}" in shown.getvalue()
    assert "As demanded" not in shown.getvalue()


@pytest.mark.parametrize(
    "log",
    [b"", logged(answer()) * 2, logged(answer(), status=502), logged(answer(), variant="b")],
    ids=["nothing", "twice", "another status", "another variant"],
)
def test_an_answer_that_the_log_does_not_have_is_named(log):
    assert account_of([answer()], log=log).broken() == [
        "1 are not in the event log as they were told: x-1"
    ]


def test_the_log_may_know_of_more_only_where_a_visitor_was_cut_off():
    log = logged(answer()) + logged(answer(2))
    assert account_of([answer()], log=log).broken() != []
    assert account_of([answer()], [Cut(21, 22, "cut")], log).broken() == []


def test_a_visitor_may_be_cut_off_whose_backend_died_amid_its_answer_if_the_log_says_so():
    amid = Cut(5, 6, "RemoteProtocolError", "x-7")
    said = json.dumps({"request_id": "x-7", "status": 200, "error": "ended too early"}) + "\n"
    assert account_of(cuts=[amid], log=said.encode()).broken() == []
    well = json.dumps({"request_id": "x-7", "status": 200}) + "\n"
    (broken,) = account_of(cuts=[amid], log=well.encode()).broken()
    assert "cut off although the balancer was up" in broken


def test_a_torn_line_is_named():
    (broken,) = account_of([answer()], log=logged(answer()) + b'{"event":').broken()
    assert "torn lines are in the event log" in broken


@pytest.mark.parametrize(("at", "excused"), [(5, False), (9.995, True), (25, True), (35, False)])
def test_without_backends_or_balancer_a_request_may_fail(at, excused):
    assert (account_of([answer(at=at, status=503)]).broken() == []) is excused


@pytest.mark.parametrize(
    ("began", "ended", "excused"), [(5, 6, False), (15, 16, False), (19, 21, True), (29, 35, True)]
)
def test_a_visitor_may_be_cut_off_while_the_balancer_is_away(began, ended, excused):
    assert (account_of(cuts=[Cut(began, ended, "ReadError")]).broken() == []) is excused
