from collections import Counter

import pytest


def test_request_ids_differ_within_and_between_processes(make_balancer):
    balancers = [make_balancer(), make_balancer()]
    assert len({each.next_id() for each in balancers for _ in range(1000)}) == 2000


@pytest.mark.parametrize("strategy", ["weighted_random", "epsilon_greedy", "thompson_sampling"])
def test_a_random_strategy_with_a_seed_draws_the_same_again(make_balancer, strategy):
    draws = []
    for balancer in (make_balancer(strategy=strategy), make_balancer(strategy=strategy)):
        balancer.outcomes.update({("a", 0): 1, ("b", 1): 2, ("b", 0): 1})
        draws.append([balancer.choose_variant("17") for _ in range(200)])
    assert draws[0] == draws[1]
    assert set(draws[0]) == {"a", "b"}


def test_healthy_backends_take_turns(make_balancer):
    variant = make_balancer(a=["one", "two"]).variants["a"]
    turns = Counter(variant.choose().name for _ in range(10))
    assert turns == {"one": 5, "two": 5}


@pytest.mark.parametrize("strategy", ["least_outstanding", "power_of_two_choices"])
def test_a_busy_backend_is_spared_by_strategies_that_look(make_balancer, strategy):
    variant = make_balancer(backend_strategy=strategy, a=["one", "two"]).variants["a"]
    variant.backends["one"].in_flight = 5
    assert {variant.choose().name for _ in range(10)} == {"two"}


def test_a_backend_that_is_not_healthy_gets_nothing(make_balancer):
    balancer = make_balancer(a=["one"], healthy=False)
    assert balancer.variants["a"].choose() is None


def test_new_weights_count_for_users_who_are_remembered(make_balancer):
    balancer = make_balancer()
    users = [str(user) for user in range(50)]
    assert {balancer.choose_variant(user) for user in users} == {"a", "b"}
    balancer.apply(balancer.view(weights={"a": 0, "b": 1}))
    assert {balancer.choose_variant(user) for user in users} == {"b"}


def test_the_same_stand_in_is_found_for_the_same_user_and_only_where_allowed(make_balancer):
    balancer = make_balancer(when_variant_is_down="failover")
    found = {balancer.stand_in("a", "17", without=None).variant for _ in range(5)}
    assert found == {"b"}
    assert make_balancer().stand_in("a", "17", without=None) is None


def test_users_keep_their_variant_across_a_restart(make_backend, make_lab):
    lab = make_lab({"a": [make_backend()], "b": [make_backend()]})
    users = [f"/recommend/{user}" for user in range(40)]
    before = [lab.ask("GET", path)[1]["X-Variant"] for path in users]
    lab.restart()
    assert [lab.ask("GET", path)[1]["X-Variant"] for path in users] == before
    assert set(before) == {"a", "b"}
