import json
import re

from balancer.metrics import BUCKETS_S, Metrics, Tally


def test_latencies_fall_into_the_bucket_whose_end_they_do_not_pass():
    tally = Tally()
    for latency_s in (0.001, 0.0011, 99.0):
        tally.observe(200, latency_s)
    found = tally.buckets[0], tally.buckets[1], tally.buckets[-1], len(tally.buckets)
    assert found == (1, 1, 1, len(BUCKETS_S) + 1)


def test_what_several_workers_count_is_added_up_and_survives_the_way_between_them():
    metrics = Metrics()
    metrics.tally("a", "one:1").observe(200, 0.002)
    metrics.tally(None, None).observe(400, 0.001)
    metrics.tally("a", "one:1").failures = 3
    metrics.outcomes["a", 1] = 2
    together = Metrics()
    for _ in range(2):
        together.add(Metrics.from_json(json.loads(json.dumps(metrics.as_json()))))
    assert together.requests() == {"a": 2, "none": 2}
    assert together.tally("a", "one:1").failures == 6
    assert together.outcomes == {("a", 1): 4}


def samples(lab):
    status, headers, body = lab.ask("GET", "/metrics", port=lab.admin_port)
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4")
    lines = [line for line in body.decode().splitlines() if not line.startswith("#")]
    pattern = r"balancer_[a-z_]+(\{([a-z]+=\"[^\"]*\",?)+\})? [0-9.e+-]+"
    assert all(re.fullmatch(pattern, line) for line in lines)
    return dict(line.rsplit(" ", 1) for line in lines)


def test_everything_is_counted(make_backend, make_lab):
    backend = make_backend()
    lab = make_lab({"a": [backend]})
    outcome = {"user_id": "1", "request_id": "x", "variant": "a", "outcome": 1}
    lab.ask("GET", "/")
    lab.ask("POST", "/outcome", json.dumps(outcome))
    lab.talk(b"nonsense\r\n\r\n")
    found = samples(lab)
    labels = f'variant="a",backend="{backend.address}"'
    expected = {
        f'balancer_requests_total{{{labels},status="2xx"}}': "1",
        'balancer_requests_total{variant="",backend="",status="4xx"}': "1",
        f'balancer_request_latency_seconds_bucket{{{labels},le="+Inf"}}': "1",
        f"balancer_request_latency_seconds_count{{{labels}}}": "1",
        f"balancer_retries_total{{{labels}}}": "0",
        f"balancer_ejections_total{{{labels}}}": "0",
        f"balancer_in_flight{{{labels}}}": "0",
        f"balancer_backend_healthy{{{labels}}}": "1",
        'balancer_outcomes_total{variant="a",outcome="1"}': "1",
        "balancer_event_log_torn_lines_total": "0",
        "balancer_event_log_write_errors_total": "0",
    }
    assert {name: found.get(name) for name in expected} == expected


def test_requests_in_flight_are_seen(lab, backend):
    backend.script = lambda connection, head: lab.until(lambda: seen) and connection.answer()
    seen = []
    with lab.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
        lab.until(lambda: backend.heads)
        in_flight = lab.backends()[0]["in_flight"]
        seen.append(in_flight)
        lab.read_to_end(sock)
    assert (in_flight, lab.backends()[0]["in_flight"]) == (1, 0)
