import random
from collections import Counter
from types import SimpleNamespace

import pytest
from balancer import choosers, strategies
from hypothesis import given
from hypothesis import strategies as st

WEIGHTS = {"a": 70, "b": 30}
weights = st.dictionaries(st.text(max_size=5), st.floats(0.01, 1e6), min_size=1, max_size=5)


def facts(**different):
    known = {"weights": WEIGHTS, "salt": "s", "epsilon": 0.1, "outcomes": Counter({("a", 1): 3})}
    return SimpleNamespace(**known, **{"random": random.Random(7), **different})


@given(weights, st.text(max_size=8), st.text())
def test_sticky_chooses_as_the_strategy_does(weights, salt, user):
    weights = {"none": 0.0, **weights}
    assert choosers.sticky(weights, salt)(user) == strategies.sticky(weights, salt, user)


@given(
    st.dictionaries(st.text(max_size=5), st.integers(0, 1000), min_size=1, max_size=5),
    st.integers(0, 1023),
)
def test_weighted_random_chooses_as_the_strategy_does(weights, number):
    weights = {**weights, "one": 1}
    choose = choosers.weighted_random(weights, lambda: number / 1024)
    assert choose("17") == strategies.weighted_random(weights, number / 1024)


@given(weights, st.floats(0, 1, exclude_max=True))
def test_weighted_random_never_chooses_weight_zero(weights, number):
    weights = {"first": 0.0, **weights, "last": 0.0}
    assert weights[choosers.weighted_random(weights, lambda: number)("17")] > 0


@pytest.mark.parametrize("name", strategies.VARIANT_STRATEGIES)
def test_every_strategy_chooses_the_same_through_its_chooser(name):
    users = [str(number) for number in range(300)] * 2
    strategy, known = strategies.VARIANT_STRATEGIES[name], facts()
    choose = choosers.chooser(name, facts())
    assert [choose(user) for user in users] == [strategy(known, user) for user in users]


def test_a_user_is_remembered_and_so_hashed_once():
    hashed = []
    choose = choosers.Remembered(lambda user: hashed.append(user) or "a").__getitem__
    assert [choose("17"), choose("17")] == ["a", "a"]
    assert hashed == ["17"]


def test_no_more_users_are_remembered_than_fit():
    remembered = choosers.Remembered(lambda user: user[-1])
    for number in range(3 * choosers._REMEMBERED):
        assert remembered[str(number)] == str(number)[-1]
        assert len(remembered) <= choosers._REMEMBERED
