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
    assert choosers.Sticky(weights, salt)[user] == strategies.sticky(weights, salt, user)


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


def test_who_comes_often_is_soon_remembered_and_keeps_the_variant():
    sticky = choosers.Sticky(WEIGHTS, "s")
    chosen = {sticky["17"] for _ in range(choosers._ONE_IN)}
    assert set(sticky.values()) == chosen == {strategies.sticky(WEIGHTS, "s", "17")}


def test_of_those_who_come_once_few_are_remembered():
    sticky = choosers.Sticky(WEIGHTS, "s")
    for number in range(10 * choosers._ONE_IN):
        assert sticky[str(number)]
    assert len(sticky) == 10


def test_no_more_users_are_remembered_than_fit():
    sticky = choosers.Sticky(WEIGHTS, "s")
    for number in range(2 * choosers._REMEMBERED * choosers._ONE_IN):
        assert sticky[str(number)] == strategies.sticky(WEIGHTS, "s", str(number))
        assert len(sticky) <= choosers._REMEMBERED
