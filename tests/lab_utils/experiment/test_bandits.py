import math
from random import Random

import numpy as np
import pytest
from balancer.strategies import thompson_sampling

from lab_utils.experiment import BadArgument, replay

RATES = {"a": 0.2, "b": 0.35}


def served(seed, visits, share_b=0.5):
    """Visits served at random, each with its variant's rate."""
    rng = np.random.default_rng(seed)
    variants = np.where(rng.random(visits) < share_b, "b", "a").tolist()
    return variants, rng.random(visits) < [RATES[variant] for variant in variants]


def alternating():
    """One and the other in turn, whatever came of it."""
    turn = iter(range(10**9))
    return lambda outcomes: "ab"[next(turn) % 2]


def test_a_strategy_that_never_learns_gets_what_its_variant_got():
    variants, won = served(1, 2_000)
    found = replay(lambda outcomes: "b", variants, won, {"a": 1, "b": 1})
    assert found.kept == variants.count("b")
    assert found.rate == won[np.array(variants) == "b"].mean()


@pytest.mark.parametrize("share_b", [0.5, 0.3, 0.1])
def test_the_rate_is_the_strategys_own_whatever_the_split_was(calibration, share_b):
    rate, missed = (RATES["a"] + RATES["b"]) / 2, []
    for seed in range(calibration.runs(200)):
        shares = {"a": 1 - share_b, "b": share_b}
        found = replay(alternating(), *served(seed, 1_000, share_b), shares, seed)
        low, high = found.interval()
        missed.append(not low <= rate <= high)
    calibration.near(missed, 0.05)


def test_a_strategy_that_learns_does_better_than_the_split():
    variants, won = served(3, 4_000)
    random = Random(1)
    found = replay(
        lambda outcomes: thompson_sampling({"a": 1, "b": 1}, outcomes, random),
        variants,
        won,
        {"a": 0.5, "b": 0.5},
    )
    assert found.chosen["b"] > 5 * found.chosen["a"]
    assert found.interval()[0] > won.mean()


def test_where_nothing_is_kept_nothing_is_known():
    found = replay(lambda outcomes: "b", ["a", "a"], [0, 1], {"a": 1, "b": 1})
    assert math.isnan(found.rate)
    with pytest.raises(BadArgument):
        found.interval()


@pytest.mark.parametrize(
    "bad",
    [
        (lambda seen: "a", ["a", "b"], [1], {"a": 1, "b": 1}),
        (lambda seen: "a", ["a", "b"], [1, 0.5], {"a": 1, "b": 1}),
        (lambda seen: "a", ["a", "c"], [1, 0], {"a": 1, "b": 1}),
        (lambda seen: "c", ["a", "b"], [1, 0], {"a": 1, "b": 1}),
        (lambda seen: "a", ["a", "b"], [1, 0], {"a": 1, "b": 0}),
    ],
)
def test_what_cannot_be_replayed_is_refused(bad):
    with pytest.raises(BadArgument, match="Next: "):
        replay(*bad)
