from lab_utils.stack.base import Service
from lab_utils.stack_view import snapshot
from lab_utils.stack_view.snapshot import Lane, Snapshot

METRICS = """\
# TYPE balancer_requests_total counter
balancer_requests_total{variant="a",backend="127.0.0.1:1",status="2xx"} 7
balancer_requests_total{variant="b",backend="127.0.0.1:2",status="2xx"} 2
balancer_requests_total{variant="b",backend="",status="5xx"} 3
"""


def service(name="recommender-a", state="running", health="healthy"):
    return Service(name, state, health, "", "")


def at(seconds, answered, failed):
    lanes = tuple(Lane(v, service(), 0.5, "healthy", answered, failed) for v in "ab")
    return Snapshot(seconds, "processes", service("balancer"), "sticky", lanes)


def test_a_stack_that_is_up_is_seen_with_its_split_and_its_counts(process_stack):
    import httpx

    httpx.get(process_stack.ports.url("balancer") + "/recommend/17")
    seen = snapshot.look(process_stack)
    assert [lane.variant for lane in seen.lanes] == ["a", "b"]
    assert [lane.share for lane in seen.lanes] == [0.7, 0.3]
    assert {lane.believed for lane in seen.lanes} == {"healthy"}
    assert sum(lane.answered for lane in seen.lanes) >= 1
    assert seen.strategy == "sticky"
    assert (seen.balancer.name, seen.balancer.trouble) == ("balancer", "")


def test_a_stack_that_is_down_is_seen_as_well(tmp_path):
    from lab_utils.ports import Ports
    from lab_utils.stack.processes import ProcessStack

    seen = snapshot.look(ProcessStack(Ports.free(), tmp_path))
    assert seen.balancer.state == "absent"
    assert [(lane.share, lane.believed) for lane in seen.lanes] == [(None, ""), (None, "")]


def test_answers_are_counted_by_variant_and_by_whether_they_were_well(monkeypatch):
    class Answer:
        text = METRICS

    monkeypatch.setattr(snapshot.httpx, "get", lambda *_, **__: Answer)
    counts = snapshot._counts("http://admin")
    assert counts == {("a", True): 7, ("b", True): 2, ("b", False): 3}


def test_a_balancer_that_does_not_count_has_no_rates(monkeypatch):
    class Answer:
        text = "not found"

    monkeypatch.setattr(snapshot.httpx, "get", lambda *_, **__: Answer)
    assert snapshot._counts("http://admin") is None
    assert at(2, None, None).rates(at(1, None, None)) == {}


def test_rates_are_differences_by_the_second():
    assert at(3, 30, 5).rates(at(1, 10, 1)) == {"a": (10, 2), "b": (10, 2)}


def test_a_balancer_that_began_anew_has_no_rates_yet():
    assert at(3, 0, 0).rates(at(1, 10, 1)) == {}
    assert at(3, 0, 0).rates(None) == {}
