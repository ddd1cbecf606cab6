import numpy as np
import pytest

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.quantiles import compare_quantiles, quantile
from lab_utils.experiment.tail import Tail, compare_tails


def group(rng, users, scale=1.0):
    """Four visits a user, who is slow or fast as a whole."""
    slow = rng.normal(0, 0.7, users).repeat(4)
    values = scale * np.exp(slow + rng.normal(0, 0.3, users * 4))
    return Tail(values, np.arange(users).repeat(4), np.full(users, 4.0))


def cut(tail, at):
    kept = tail.listed >= at
    return Tail(tail.listed[kept], tail.users[kept], tail.visits)


@pytest.mark.parametrize("q", [0.05, 0.5, 0.95, 0.99])
def test_the_value_is_the_quantile_of_all_visits(q):
    tail = group(np.random.default_rng(1), 500)
    assert tail.at(q) == quantile(tail.listed, q)


def test_formula_and_resampling_agree_on_repeat_visits():
    rng = np.random.default_rng(2)
    old, new = group(rng, 4_000), group(rng, 2_000, scale=1.1)
    one = compare_tails(old, new, 0.95)
    other = compare_quantiles((old.listed, old.users), (new.listed, new.users), 0.95)
    assert (one.control, one.treatment) == (other.control, other.treatment)
    assert one.std_error == pytest.approx(other.std_error, rel=0.1)
    assert one.interval == pytest.approx(other.interval, abs=0.2 * other.std_error)
    assert one.relative_interval == pytest.approx(other.relative_interval, abs=0.02)


def test_the_slowest_visits_are_enough():
    rng = np.random.default_rng(3)
    old, new = group(rng, 2_000), group(rng, 1_000)
    assert compare_tails(cut(old, 2), cut(new, 2), 0.95) == compare_tails(old, new, 0.95)


def test_a_tail_that_begins_above_the_quantile_is_refused():
    tail = cut(group(np.random.default_rng(4), 500), 2)
    with pytest.raises(BadArgument, match="quantile="):
        compare_tails(tail, tail, 0.5)


def test_equal_values_have_no_interval_and_say_so():
    tail = Tail(np.full(100, 5.0), np.arange(100), np.ones(100))
    found = compare_tails(tail, tail, 0.95)
    assert np.isnan(found.p_value)
    assert "equal" in found.warnings[0]
    assert found.interval == (0, 0)


def test_the_formula_alarms_at_alpha_with_repeat_visits(calibration):
    rng = np.random.default_rng(5)
    alarms = [
        compare_tails(group(rng, 700), group(rng, 500), 0.95).p_value < 0.05
        for _ in range(calibration.runs(500))
    ]
    calibration.near(alarms, 0.05)
