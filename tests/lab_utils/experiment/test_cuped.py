import numpy as np
import pytest

from lab_utils.experiment.cuped import ancova_test, cuped_test
from lab_utils.experiment.errors import BadArgument


def groups(seed=1, explains=0.8):
    """Two groups whose covariate explains a part of the outcome."""
    rng = np.random.default_rng(seed)
    pairs = []
    for n, effect in ((400, 0.0), (200, 0.3)):
        before = rng.normal(0, 1, n)
        pairs.append((explains * before + rng.normal(effect, 0.6, n), before))
    return pairs


def test_what_was_known_before_makes_the_interval_narrower():
    found = cuped_test(*groups())
    assert found.theta == pytest.approx(0.8, abs=0.1)
    assert found.variance_removed == pytest.approx(0.64, abs=0.1)


def test_a_covariate_that_explains_nothing_changes_nothing():
    found = cuped_test(*groups(explains=0))
    assert found.adjusted.std_error == pytest.approx(found.unadjusted.std_error, rel=0.02)


def test_its_unit_and_its_zero_do_not_matter():
    control, treatment = groups()
    moved = [(y, 100 + 7 * x) for y, x in (control, treatment)]
    for test in (lambda *pair: cuped_test(*pair).adjusted, ancova_test):
        assert test(*moved).interval == pytest.approx(test(control, treatment).interval)


def test_before_the_treatment_both_ways_agree():
    cuped, ancova = cuped_test(*groups()), ancova_test(*groups())
    assert cuped.adjusted.difference == pytest.approx(ancova.difference, abs=0.01)


def test_a_covariate_the_treatment_moves_takes_the_effect_out():
    control, (y, x) = groups()
    found = cuped_test(control, (y, x + 1))
    assert found.adjusted.difference < 0 < found.unadjusted.difference


@pytest.mark.parametrize("test", [cuped_test, ancova_test])
@pytest.mark.parametrize(
    "pair",
    [([1, 2, 3], [1, 2]), ([1], [1]), ([1, 2, 3], [5, 5, 5]), ([1, 2, float("nan")], [1, 2, 3])],
)
def test_what_explains_nothing_is_refused(test, pair):
    with pytest.raises(BadArgument, match="Next: "):
        test(pair, pair)


def test_a_covariate_that_only_names_the_group_is_refused():
    with pytest.raises(BadArgument, match="between the groups only"):
        ancova_test(([1, 2, 3], [0, 0, 0]), ([1, 2, 4], [1, 1, 1]))
