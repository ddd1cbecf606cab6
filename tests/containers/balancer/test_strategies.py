from collections import Counter

import pytest
from balancer.strategies import sticky, weighted_random
from hypothesis import given
from hypothesis import strategies as st

WEIGHTS = {"a": 70, "b": 30}
USERS = [str(number) for number in range(20_000)]
weights = st.dictionaries(st.text(max_size=5), st.floats(0.01, 1e6), min_size=1, max_size=5)


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
