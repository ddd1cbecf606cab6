import json

import pytest
from balancer.admin import parse_weights
from balancer.heads import HttpError

PRESENT = {"a": 70.0, "b": 30.0}


def test_weights_are_taken_in_the_order_there_is():
    assert list(parse_weights(b'{"b": 0, "a": 0.5}', PRESENT).items()) == [("a", 0.5), ("b", 0)]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"[]", "a, b"),
        (b'{"a": 1}', "a, b"),
        (b'{"a": 1, "b": 1, "c": 1}', "a, b"),
        (b'{"a": 1, "b": -1}', "b: found -1"),
        (b'{"a": 1, "b": true}', "b: found true"),
        (b'{"a": 1, "b": "1"}', 'b: found "1"'),
        (b'{"a": 1, "b": Infinity}', "b: found Infinity"),
        (b'{"a": 0, "b": 0}', "all be 0"),
    ],
)
def test_bad_weights_are_named_with_what_they_may_be(body, named):
    with pytest.raises(HttpError) as caught:
        parse_weights(body, PRESENT)
    assert caught.value.status == 400
    assert named in caught.value.message


@pytest.fixture
def two(make_backend, make_lab):
    return make_lab({"a": [make_backend()], "b": [make_backend()]})


def test_status_says_what_is_planned_and_what_is(two):
    two.ask("GET", "/recommend/1")
    status = two.status()
    assert (status["strategy"], status["salt"]) == ("sticky", "test")
    assert status["variants"]["b"]["planned_weight"] == status["variants"]["b"]["weight"] == 1
    assert sum(status["counts"]["requests"].values()) == 1
    assert status["event_log"]["torn_lines_repaired"] == 0
    (backend,) = status["variants"]["a"]["backends"]
    assert (backend["health"], backend["in_flight"]) == ("healthy", 0)


def test_weights_change_while_running(two):
    status, _, body = two.ask("PUT", "/weights", '{"a": 0, "b": 1}', port=two.admin_port)
    assert (status, json.loads(body)) == (200, {"weights": {"a": 0, "b": 1}})
    variants = {two.ask("GET", f"/recommend/{user}")[1]["X-Variant"] for user in range(20)}
    assert variants == {"b"}
    assert two.status()["variants"]["a"]["weight"] == 0
    assert two.status()["variants"]["a"]["planned_weight"] == 1


def test_bad_weights_change_nothing(two):
    status, _, body = two.ask("PUT", "/weights", '{"a": -1, "b": 1}', port=two.admin_port)
    assert status == 400
    assert "a: found -1" in json.loads(body)["error"]
    assert two.status()["variants"]["a"]["weight"] == 1


def test_other_paths_and_methods_are_answered_with_what_there_is(lab):
    status, _, body = lab.ask("GET", "/nowhere", port=lab.admin_port)
    assert (status, b"/status, /metrics, /weights" in body) == (404, True)
    status, headers, _ = lab.ask("POST", "/weights", port=lab.admin_port)
    assert (status, headers["Allow"]) == (405, "PUT")


def test_the_admin_port_leaves_no_events(lab):
    before = lab.events()
    lab.status()
    assert lab.events() == before


def test_the_visitors_port_has_no_admin(lab, backend):
    lab.ask("GET", "/status")
    assert backend.heads[0].startswith(b"GET /status ")


@pytest.mark.parametrize("weight", ["1" + "0" * 400, "1e308", "NaN", "Infinity", "1000001"])
def test_a_weight_beyond_reason_is_refused(weight):
    with pytest.raises(HttpError, match="0 to 1,000,000"):
        parse_weights(b'{"a": %b, "b": 1}' % weight.encode(), PRESENT)
