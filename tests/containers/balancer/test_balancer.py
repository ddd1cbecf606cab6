import tomllib
from collections import Counter

import pytest
from balancer.balancer import Balancer
from balancer.settings import parse

SETTINGS = """
event_log = "unused"
salt = "test"
strategy = "{strategy}"
backend_strategy = "{backends}"
seed = 17
[variants.a]
weight = 70
backends = ["one:1", "two:1"]
[variants.b]
weight = 30
backends = ["three:1"]
"""


@pytest.fixture
def make_balancer():
    def make(strategy="sticky", backends="round_robin"):
        text = SETTINGS.format(strategy=strategy, backends=backends)
        return Balancer(parse(tomllib.loads(text)), event_log=None)

    return make


def test_request_ids_differ_within_and_between_processes(make_balancer):
    balancers = [make_balancer(), make_balancer()]
    assert len({each.next_id() for each in balancers for _ in range(1000)}) == 2000


@pytest.mark.parametrize("strategy", ["weighted_random", "epsilon_greedy", "thompson_sampling"])
def test_a_random_strategy_with_a_seed_draws_the_same_again(make_balancer, strategy):
    draws = []
    for balancer in (make_balancer(strategy), make_balancer(strategy)):
        balancer.outcomes.update({("a", 0): 1, ("b", 1): 2, ("b", 0): 1})
        draws.append([balancer.choose_variant("17") for _ in range(200)])
    assert draws[0] == draws[1]
    assert set(draws[0]) == {"a", "b"}


def test_healthy_backends_take_turns(make_balancer):
    balancer = make_balancer()
    for backend in balancer.backends["a"]:
        backend.health.healthy = True
    turns = Counter(balancer.choose_backend("a").name for _ in range(10))
    assert turns == {"one:1": 5, "two:1": 5}


@pytest.mark.parametrize("strategy", ["least_outstanding", "power_of_two_choices"])
def test_a_busy_backend_is_spared_by_strategies_that_look(make_balancer, strategy):
    balancer = make_balancer(backends=strategy)
    busy, free = balancer.backends["a"]
    busy.health.healthy = free.health.healthy = True
    busy.in_flight = 5
    assert {balancer.choose_backend("a") for _ in range(10)} == {free}


def test_backends_of_unknown_health_get_nothing(make_balancer):
    assert make_balancer().choose_backend("a") is None


def test_users_keep_their_variant_across_a_restart(make_backend, make_lab):
    lab = make_lab({"a": [make_backend()], "b": [make_backend()]})
    users = [f"/recommend/{user}" for user in range(40)]
    before = [lab.ask("GET", path)[1]["X-Variant"] for path in users]
    lab.restart()
    assert [lab.ask("GET", path)[1]["X-Variant"] for path in users] == before
    assert set(before) == {"a", "b"}
