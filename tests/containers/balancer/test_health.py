from types import SimpleNamespace

import pytest
from balancer import health as health_module
from balancer.health import Health
from balancer.settings import HealthSettings


def make_health(*, fall=1, rise=1):
    return Health(HealthSettings("/", 1, 1, fall, rise, eject_after=5, eject_s=10))


def verdicts(results, *, fall=2, rise=3):
    health = make_health(fall=fall, rise=rise)
    seen = []
    for succeeded in results:
        health.observe(succeeded=succeeded, detail="")
        seen.append(health.healthy)
    return seen


def test_nothing_is_known_before_the_first_probe():
    assert make_health().healthy is None


def test_the_first_probe_decides_alone():
    assert verdicts([True]) == [True]
    assert verdicts([False]) == [False]


def test_it_takes_failures_in_a_row_to_fall_and_successes_in_a_row_to_rise():
    assert verdicts([True, False, True, False, False]) == [True] * 4 + [False]
    assert verdicts([False, True, True, False, True, True, True]) == [False] * 6 + [True]


def test_a_turn_is_reported_once():
    health = make_health()
    assert [health.observe(succeeded=True, detail="") for _ in range(2)] == [True, False]


def test_an_ejected_backend_stays_out_for_a_while_whatever_it_tells_probes(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(health_module, "monotonic", lambda: now[0])
    health = make_health()
    health.observe(succeeded=True, detail="")
    assert health.eject("requests failed")
    for now[0], healthy in ((105.0, False), (110.0, True)):
        health.observe(succeeded=True, detail="")
        assert health.healthy is healthy
    assert health.ejections == 1


@pytest.mark.parametrize("succeeded", [None, False])
def test_what_gets_no_requests_is_not_ejected(succeeded):
    health = make_health()
    if succeeded is not None:
        health.observe(succeeded=succeeded, detail="")
    assert not health.eject("requests failed")
    assert health.ejections == 0


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
