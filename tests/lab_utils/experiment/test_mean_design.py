import numpy as np
import pytest

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.mean_design import (
    detectable_difference,
    power_of_means,
    ratio_sd,
    users_for_means,
)
from lab_utils.experiment.ratios import ratio_of_sums


@pytest.mark.parametrize("sides", ["two-sided", "one-sided"])
@pytest.mark.parametrize("share", [0.5, 0.3])
def test_the_size_has_the_power_and_detects_what_it_was_made_for(sides, share):
    size = users_for_means(2, 10, 0.9, 0.05, sides, share)
    n = (size.control, size.treatment)
    assert size.treatment / size.total == pytest.approx(share)
    assert power_of_means(2, 10, *n, 0.05, sides) == pytest.approx(0.9)
    assert detectable_difference(10, *n, 0.9, 0.05, sides) == pytest.approx(2)


def test_published_sizes_and_powers():
    # R: power.t.test(n = 20, delta = 1, sd = 1), (delta = .5, power = .8)
    assert power_of_means(1, 1, 20, 20) == pytest.approx(0.8689528, abs=1e-6)
    assert users_for_means(0.5, 1).control == pytest.approx(63.76576, abs=1e-4)


def test_large_groups_have_the_power_of_the_normal():
    assert power_of_means(0.0028, 1, 1e6, 1e6) == pytest.approx(0.5080, abs=0.0001)


def test_a_ratio_is_planned_with_the_spread_it_will_be_judged_by():
    rng = np.random.default_rng(1)
    counts = rng.integers(1, 10, 500)
    sums = rng.binomial(counts, 0.3)
    assert ratio_sd(sums, counts) ** 2 / 500 == pytest.approx(ratio_of_sums(sums, counts).variance)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: users_for_means(0, 1),
        lambda: users_for_means(1, 0),
        lambda: power_of_means(1, 1, 1, 1),
        lambda: power_of_means(1, 1, 10, 10, alpha=0),
        lambda: power_of_means(1, 1, -5, 50),
        lambda: users_for_means(1, 1, sides="less"),
        lambda: ratio_sd([1, float("nan")], [1, 1]),
        lambda: ratio_sd([1, 2], [0, 0]),
    ],
)
def test_a_design_that_has_no_answer_is_refused(refused):
    with pytest.raises(BadArgument, match="Next: "):
        refused()
