import random
from collections import Counter

import pytest
from balancer.strategies import (
    BACKEND_STRATEGIES,
    canary,
    epsilon_greedy,
    least_outstanding,
    power_of_two_choices,
    round_robin,
    sticky,
    thompson_sampling,
    weighted_random,
)
from hypothesis import given
from hypothesis import strategies as st

WEIGHTS = {"a": 70, "b": 30}
USERS = [str(number) for number in range(20_000)]
weights = st.dictionaries(st.text(max_size=5), st.floats(0.01, 1e6), min_size=1, max_size=5)


loads = st.lists(st.integers(0, 50), min_size=1, max_size=8)
numbers = st.floats(0, 1, exclude_max=True)


def four_standard_errors(share, count):
    return 4 * (share * (1 - share) / count) ** 0.5


def shares(variants):
    counts = Counter(variants)
    return {name: count / counts.total() for name, count in counts.items()}


def test_sticky_splits_users_by_weight():
    split = shares(sticky(WEIGHTS, "salt", user) for user in USERS)
    # Five standard errors of a share among 20,000.
    assert split == pytest.approx({"a": 0.7, "b": 0.3}, abs=5 * (0.21 / 20_000) ** 0.5)


def test_weighted_random_splits_evenly_spread_numbers_exactly():
    split = shares(weighted_random(WEIGHTS, number / 1000) for number in range(1000))
    assert split == {"a": 0.7, "b": 0.3}


def test_another_salt_splits_users_independently():
    both = [(sticky(WEIGHTS, "one", user), sticky(WEIGHTS, "two", user)) for user in USERS]
    assert shares(both)["a", "b"] == pytest.approx(0.7 * 0.3, abs=0.02)


@given(weights, st.text(), st.text())
def test_sticky_keeps_a_users_variant_whatever_the_order(weights, salt, user):
    reordered = dict(reversed(weights.items()))
    assert sticky(weights, salt, user) == sticky(reordered, salt, user)


@given(weights, st.text(), st.data())
def test_a_grown_weight_moves_users_to_that_variant_only(weights, user, data):
    grown = data.draw(st.sampled_from(sorted(weights)))
    before = sticky(weights, "salt", user)
    after = sticky(weights | {grown: weights[grown] * 3}, "salt", user)
    assert after in (before, grown)


@given(weights, st.text())
def test_removing_a_variant_moves_only_its_own_users(weights, user):
    before = sticky({**weights, "extra": 5.0}, "salt", user)
    after = sticky({**weights, "extra": 0.0}, "salt", user)
    assert after == before or before == "extra"


@given(weights, st.floats(0, 1, exclude_max=True))
def test_weight_zero_means_never(weights, number):
    weights = {"first": 0.0, **weights, "last": 0.0}
    chosen = weighted_random(weights, number), sticky(weights, "salt", str(number))
    assert all(weights[variant] > 0 for variant in chosen)


def test_sticky_choices_do_not_change_between_versions():
    # A running experiment would fall apart: its users would meet both variants.
    assert "".join(sticky(WEIGHTS, "salt", user) for user in USERS[:20]) == "abaaababaaabaabaaaaa"


def test_random_numbers_split_requests_by_weight():
    draw = random.Random(1)
    split = shares(weighted_random(WEIGHTS, draw.random()) for _ in range(20_000))
    assert split["b"] == pytest.approx(0.3, abs=four_standard_errors(0.3, 20_000))


def test_a_canary_meets_its_share_of_users_and_keeps_them_as_it_grows():
    met = {
        percent: {user for user in USERS if sticky(canary(WEIGHTS, "b", percent), "s", user) == "b"}
        for percent in (5, 20)
    }
    assert len(met[5]) / 20_000 == pytest.approx(0.05, abs=four_standard_errors(0.05, 20_000))
    assert met[5] < met[20]


def test_a_canary_leaves_the_proportions_of_the_others():
    assert canary({"a": 3, "b": 1, "c": 0, "d": 9}, "d", 20) == {"a": 60, "b": 20, "c": 0, "d": 20}


def greedily(outcomes, draw):
    return epsilon_greedy(WEIGHTS, outcomes, 0.1, draw.random(), draw.random())


def by_thompson(outcomes, draw):
    return thompson_sampling(WEIGHTS, outcomes, draw)


def simulate(choose, seed, rounds=4000):
    """Choices of a bandit whose variant a succeeds in 1 of 10 cases, b in 3 of 10."""
    draw, chance = random.Random(seed), random.Random(seed + 1)
    outcomes, choices = Counter(), []
    for _ in range(rounds):
        choices.append(choose(outcomes, draw))
        succeeded = chance.random() < {"a": 0.1, "b": 0.3}[choices[-1]]
        outcomes[choices[-1], int(succeeded)] += 1
    return choices


@pytest.mark.parametrize("choose", [greedily, by_thompson])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bandits_find_the_better_variant_and_a_seed_repeats_the_way_there(choose, seed):
    choices = simulate(choose, seed)
    # Half of epsilon still goes to the worse variant: 5 %, and four standard errors.
    assert shares(choices[-1000:])["b"] > 0.95 - four_standard_errors(0.05, 1000)
    assert choices == simulate(choose, seed)
    assert choices != simulate(choose, seed + 10)


@given(weights, st.data())
def test_bandits_never_return_a_variant_of_weight_zero(weights, data):
    weights = {"first": 0.0, **weights, "last": 0.0}
    explore, pick, seed = data.draw(st.tuples(numbers, numbers, st.integers()))
    outcomes = Counter({("first", 1): 1000, ("last", 1): 1000})
    assert weights[epsilon_greedy(weights, outcomes, 0.5, explore, pick)] > 0
    assert weights[thompson_sampling(weights, outcomes, random.Random(seed))] > 0


def test_a_greedy_bandit_tries_what_it_knows_nothing_of():
    assert epsilon_greedy(WEIGHTS, Counter({("a", 1): 9, ("a", 0): 1}), 0.1, 0.9, 0.0) == "b"


@pytest.mark.parametrize("choose", BACKEND_STRATEGIES.values())
@given(in_flight=loads, turn=st.integers(0, 10**9), number=numbers)
def test_a_backend_that_exists_is_chosen(choose, in_flight, turn, number):
    assert choose(in_flight, turn, number) in range(len(in_flight))


@given(loads, st.integers(0, 1000))
def test_in_as_many_turns_each_backend_comes_once(in_flight, start):
    turns = range(start, start + len(in_flight))
    assert sorted(round_robin(in_flight, turn, 0) for turn in turns) == [*range(len(in_flight))]


@given(loads, st.integers(0, 1000))
def test_the_emptiest_backends_take_turns(in_flight, start):
    chosen = {least_outstanding(in_flight, turn, 0) for turn in range(start, start + 8 * 7 * 5 * 3)}
    fewest = min(in_flight)
    assert chosen == {place for place, load in enumerate(in_flight) if load == fewest}


@given(st.lists(st.integers(0, 50), min_size=2, max_size=8, unique=True), numbers)
def test_of_two_choices_the_fullest_backend_is_never_one(in_flight, number):
    assert in_flight[power_of_two_choices(in_flight, 0, number)] < max(in_flight)


def test_two_choices_among_equals_reach_each_backend_equally_often():
    draw = random.Random(1)
    split = shares(power_of_two_choices([3] * 4, 0, draw.random()) for _ in range(20_000))
    error = four_standard_errors(0.25, 20_000)
    assert split == pytest.approx(dict.fromkeys(range(4), 0.25), abs=error)
