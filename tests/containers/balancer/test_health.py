from types import SimpleNamespace

from balancer.health import Health


def verdicts(results, *, fall=2, rise=3):
    health = Health(fall=fall, rise=rise)
    seen = []
    for succeeded in results:
        health.observe(succeeded=succeeded, detail="")
        seen.append(health.healthy)
    return seen


def test_nothing_is_known_before_the_first_probe():
    assert Health(fall=1, rise=1).healthy is None


def test_the_first_probe_decides_alone():
    assert verdicts([True]) == [True]
    assert verdicts([False]) == [False]


def test_it_takes_failures_in_a_row_to_fall_and_successes_in_a_row_to_rise():
    assert verdicts([True, False, True, False, False]) == [True] * 4 + [False]
    assert verdicts([False, True, True, False, True, True, True]) == [False] * 6 + [True]


def test_a_turn_is_reported_once():
    health = Health(fall=1, rise=1)
    assert [health.observe(succeeded=True, detail="") for _ in range(2)] == [True, False]


def test_a_backend_that_dies_loses_its_requests_and_gets_them_back(make_backend, make_lab):
    one, two = make_backend(), make_backend()
    lab = make_lab({"a": [one, two]})
    one.healthy = False
    lab.until(lambda: lab.backends()[0]["health"] == "unhealthy")
    assert "gave 503" in lab.backends()[0]["detail"]
    assert {lab.ask("GET", "/")[0] for _ in range(10)} == {200}
    assert (len(one.heads), len(two.heads)) == (0, 10)
    one.healthy = True
    lab.until(lambda: lab.backends()[0]["health"] == "healthy")
    lab.ask("GET", "/")
    lab.ask("GET", "/")
    assert (len(one.heads), len(two.heads)) == (1, 11)


def test_a_backend_that_is_not_there_is_unhealthy_and_says_why(make_backend, make_lab):
    backend = make_backend()
    backend.close()
    (seen,) = make_lab({"a": [backend]}).backends()
    assert seen["health"] == "unhealthy"
    assert "GET /healthz" in seen["detail"]


def test_a_name_that_leads_nowhere_leaves_the_other_backends_alone(make_backend, make_lab):
    backend = make_backend()
    nobody = SimpleNamespace(address="no-such-host.invalid:80")
    lab = make_lab({"a": [backend, nobody]})
    known, unknown = lab.backends()
    assert (known["health"], unknown["health"]) == ("healthy", "unhealthy")
    assert "no-such-host.invalid" in unknown["detail"]
    assert {lab.ask("GET", "/")[0] for _ in range(6)} == {200}
