import json
import math

import pytest

from benchmarks.balancer.load import Reading
from benchmarks.balancer.measure import Round
from benchmarks.balancer.results import figures, save


def a_round(number, peer, *, requests=1000, p50_us=500, cpu_s=0.01, errors=0, shape="plain"):
    reading = Reading(requests, 1_000_000, p50_us, 2 * p50_us, errors, 0)
    return Round(number, peer, shape, reading, cpu_s)


def of(rounds, peer, shape="plain"):
    [found] = [each for each in figures(rounds) if (each.peer, each.shape) == (peer, shape)]
    return found


def test_figures_are_medians_over_the_rounds():
    rounds = [a_round(n, "aiohttp", requests=r) for n, r in enumerate([900, 5000, 1000])]
    assert of(rounds, "aiohttp").requests_per_s == 1000
    assert of(rounds, "aiohttp").cpu_us == pytest.approx(10)
    assert of(rounds, "aiohttp").p99_ms == 1.0


def test_a_ratio_is_taken_within_a_round_before_the_median():
    # the machine slows down threefold, the ratio stays
    rounds = [
        each
        for number, slow in enumerate([1, 2, 3])
        for each in (
            a_round(number, "haproxy", cpu_s=0.01 * slow, requests=1000),
            a_round(number, "sticky", cpu_s=0.02 * slow, requests=250),
        )
    ]
    assert of(rounds, "sticky").speed == pytest.approx(0.125)
    assert of(rounds, "sticky").throughput == pytest.approx(0.25)
    assert of(rounds, "haproxy").speed == 1


def test_added_latency_is_beyond_the_straight_way():
    rounds = [a_round(1, "straight", p50_us=20, cpu_s=None), a_round(1, "nginx", p50_us=120)]
    assert of(rounds, "nginx").added_ms == pytest.approx(0.1)


def test_loads_are_kept_apart():
    rounds = [a_round(1, "nginx"), a_round(1, "nginx", requests=10, shape="post")]
    assert of(rounds, "nginx", "post").requests_per_s == 10


def test_errors_of_all_rounds_add_up():
    assert of([a_round(n, "nginx", errors=2) for n in range(3)], "nginx").errors == 6


def test_without_haproxy_there_is_no_ratio():
    alone = of([a_round(1, "nginx")], "nginx")
    assert math.isnan(alone.speed)
    assert math.isnan(alone.throughput)


def test_a_round_without_an_answer_spoils_nothing():
    rounds = [a_round(1, "nginx", requests=0), a_round(2, "nginx")]
    assert of(rounds, "nginx").cpu_us == pytest.approx(10)


def test_the_file_keeps_every_round_and_who_was_left_out(tmp_path):
    path = tmp_path / "new" / "bench.json"
    rounds = [a_round(n, "nginx") for n in range(3)]
    save(path, rounds, machine={"cores": 2}, left_out={"haproxy": "not there"})
    kept = json.loads(path.read_text())
    assert kept["machine"] == {"cores": 2}
    assert kept["left_out"] == {"haproxy": "not there"}
    assert [each["number"] for each in kept["rounds"]] == [0, 1, 2]
    assert kept["rounds"][0]["reading"]["requests"] == 1000
    assert kept["medians"][0]["speed"] is None
