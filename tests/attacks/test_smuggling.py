"""Raw requests, each with the way it has to be understood, whole and in pieces."""

import random
import re

import pytest

from tests.attacks.actors import agree
from tests.attacks.cases import AFTER, CHUNKED, get, head
from tests.attacks.more_cases import PARAMS
from tests.attacks.wire import answers_in, requests_in

METHODS = {"connection: body of HEAD": ("HEAD",)}
AFTERWARDS = ("GET", "/after", b"")


def play(balancer, backend, data, cuts=(), methods=()):
    """One connection: the answers, and the requests at the backend; all three accounts agree."""
    before = balancer.mark()
    answers, rest = answers_in(balancer.talk(data, cuts), methods)
    requests, events = backend.requests(), balancer.events(before)
    assert rest == b""
    said = [(each.status, each.one(b"x-request-id").decode()) for each in answers]
    assert said == [(event["status"], event["request_id"]) for event in events]
    agree(requests, events)
    broken_off(backend, balancer)
    return [each.status for each in answers], [each.what for each in requests]


def broken_off(backend, balancer):
    """Check that what reached the backend in part is known to have failed."""
    parts = [part for link in backend.links if (part := requests_in(link.received)[1])]
    failed = parts and [e["request_id"].encode() for e in balancer.events() if "error" in e]
    for part in parts:
        assert re.search(rb"\r\nX-Request-Id: (\S+)\r\n", part)[1] in failed


def expected(case):
    reaches = [*case.reaches, *([] if case.refusal else [AFTERWARDS])]
    refusals = [case.refusal] if case.refusal else []
    return [200] * len(reaches) + refusals, reaches


@pytest.mark.parametrize("case", PARAMS)
def test_a_request_is_understood_in_one_way_only(balancer, backend, case):
    methods = METHODS.get(case.name, ())
    assert play(balancer, backend, case.data + AFTER, (), methods) == expected(case)


def some_cuts(case):
    """Ways to cut the bytes of a case: somewhere, in several places, everywhere."""
    chance = random.Random(case.name)
    inside = range(1, len(case.data))
    yield from ([chance.choice(inside)] for _ in range(3))
    yield chance.sample(inside, 5)
    if len(case.data) < 200:
        yield inside


@pytest.mark.parametrize("case", PARAMS)
def test_where_a_request_is_cut_changes_nothing(balancer, backend, case):
    methods = METHODS.get(case.name, ())
    for cuts in some_cuts(case):
        backend.clear()
        assert play(balancer, backend, case.data + AFTER, cuts, methods) == expected(case), cuts


@pytest.mark.parametrize("case", PARAMS)
def test_what_came_before_changes_nothing(balancer, backend, case):
    before = head(CHUNKED, start=b"PUT /before HTTP/1.1") + b"3\r\none\r\n0\r\n\r\n"
    statuses, reaches = expected(case)
    seen = play(
        balancer, backend, before + case.data + AFTER, (), ("PUT", *METHODS.get(case.name, ()))
    )
    assert seen == ([200, *statuses], [("PUT", "/before", b"one"), *reaches])


@pytest.mark.parametrize(
    "name", [b"X_Request_Id", b"X-Request_Id", b"X_Forwarded_For", b"X_User_Id", b"Content_Length"]
)
def test_a_name_that_wsgi_takes_for_another_does_not_reach_a_backend(balancer, backend, name):
    # Flask and Django get HTTP_X_REQUEST_ID for the one and for the other.
    balancer.talk(get(name + b": forged") + AFTER)
    assert b"forged" not in b"".join(link.received for link in backend.links)
