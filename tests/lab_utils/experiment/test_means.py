import numpy as np
import pytest
from scipy import stats

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.means import (
    Sample,
    equivalence_test,
    non_inferiority_test,
    relative_lift,
    welch_test,
)

CONTROL, TREATMENT = Sample(300, 10.0, 25.0), Sample(150, 11.0, 9.0)


def test_a_sample_is_the_same_from_values_and_from_sums():
    values = np.array([1.0, 4.0, 9.0])
    found, same = Sample.of_sums(3, values.sum(), (values**2).sum()), Sample.of(values)
    assert vars(found) == pytest.approx(vars(same))


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_the_interval_and_the_test_say_the_same(side):
    found = welch_test(CONTROL, TREATMENT, alternative=side)
    scipy = stats.ttest_ind_from_stats(11, 3, 150, 10, 5, 300, equal_var=False, alternative=side)
    assert found.p_value == pytest.approx(scipy.pvalue)
    at_p = welch_test(CONTROL, TREATMENT, found.p_value, side)
    assert min(np.abs(at_p.interval)) == pytest.approx(0, abs=1e-9)


def test_groups_that_change_places_turn_the_sign():
    there, back = welch_test(CONTROL, TREATMENT), welch_test(TREATMENT, CONTROL)
    assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))
    assert there.p_value == pytest.approx(back.p_value)


def test_a_lift_does_not_depend_on_the_unit():
    seconds = relative_lift(CONTROL, TREATMENT)
    ms = relative_lift(Sample(300, 1e4, 25e6), Sample(150, 1.1e4, 9e6))
    assert seconds.interval == pytest.approx(ms.interval)


def test_a_lift_has_the_controls_error_in_it():
    lift, difference = relative_lift(CONTROL, TREATMENT), welch_test(CONTROL, TREATMENT)
    assert lift.difference == pytest.approx(0.1)
    assert lift.std_error > difference.std_error / CONTROL.mean


def test_a_difference_can_be_significant_and_too_small_to_matter():
    groups = Sample(50_000, 10.0, 4.0), Sample(50_000, 10.05, 4.0)
    assert welch_test(*groups).p_value < 0.001
    found = equivalence_test(*groups, -0.2, 0.2)
    assert found.p_value < 0.001
    assert -0.2 < found.interval[0] < found.interval[1] < 0.2


@pytest.mark.parametrize("value", [0.1, 0.7, 1e9 / 3])
@pytest.mark.parametrize("n", [3, 1_000])
def test_sums_of_equal_values_have_no_spread(value, n):
    assert Sample.of_sums(n, sum([value] * n), sum([value**2] * n)).variance == 0


def test_no_significance_is_no_equivalence():
    groups = Sample(20, 10.0, 4.0), Sample(20, 10.3, 4.0)
    assert welch_test(*groups).p_value > 0.5
    assert equivalence_test(*groups, -0.5, 0.5).p_value > 0.3


def test_no_worse_by_a_margin_is_one_side_of_equivalence():
    one = non_inferiority_test(CONTROL, TREATMENT, margin=0.5)
    both = equivalence_test(CONTROL, TREATMENT, -0.5, 9)
    assert one.p_value == pytest.approx(both.p_low)
    assert one.interval == (pytest.approx(both.interval[0]), np.inf)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: Sample.of([1.0]),
        lambda: Sample.of([1.0, float("nan")]),
        lambda: Sample(1, 1.0, 1.0),
        lambda: Sample.of_sums(3, 10, 1),
        lambda: Sample(5, float("nan"), 1.0),
        lambda: welch_test(CONTROL, TREATMENT, alternative="larger"),
        lambda: welch_test(Sample(5, 1.0, 0.0), Sample(5, 2.0, 0.0)),
        lambda: welch_test(CONTROL, TREATMENT, alpha=1),
        lambda: relative_lift(Sample(5, 0.0, 1.0), TREATMENT),
        lambda: equivalence_test(CONTROL, TREATMENT, 1, -1),
        lambda: non_inferiority_test(CONTROL, TREATMENT, 0),
    ],
)
def test_what_cannot_be_compared_is_refused(refused):
    with pytest.raises(BadArgument, match="Next: "):
        refused()
