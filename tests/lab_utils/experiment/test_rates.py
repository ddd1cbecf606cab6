import math

import pytest

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.rates import rate_test


def test_the_ratio_is_the_treatments_over_the_controls():
    found = rate_test(20, 1_000, 45, 1_500)
    assert (found.control, found.treatment) == (0.02, 0.03)
    assert found.ratio == pytest.approx(1.5)
    assert found.interval[0] < 1.5 < found.interval[1]


def test_counts_may_be_whole_numbers_of_any_type():
    assert rate_test(20.0, 1_000, 45.0, 1_500) == rate_test(20, 1_000, 45, 1_500)


def test_only_the_ratio_of_exposures_counts():
    assert rate_test(20, 2, 45, 3).p_value == pytest.approx(rate_test(20, 2e6, 45, 3e6).p_value)


def test_one_side_asks_for_more_events_in_the_treatment():
    more, fewer = (rate_test(10, 100, 30, 100, alternative=s) for s in ("greater", "less"))
    assert more.p_value < 0.01
    assert fewer.p_value > 0.99


def test_no_events_in_one_group_leave_an_open_end():
    assert rate_test(0, 100, 5, 100).interval[1] == math.inf
    assert rate_test(5, 100, 0, 100).interval[0] == 0


def test_no_events_at_all_say_nothing():
    found = rate_test(0, 100, 0, 100)
    assert found.p_value == 1
    assert math.isnan(found.ratio)


@pytest.mark.parametrize(
    "groups", [(-1, 10, 1, 10), (1, 0, 1, 10), (1, 10, 1, -5), (1.5, 10, 1, 5)]
)
def test_counts_that_cannot_be_are_refused(groups):
    with pytest.raises(BadArgument, match="Next: "):
        rate_test(*groups)


def test_a_one_sided_test_has_an_interval_open_to_one_side():
    # R: poisson.test(c(11, 6 + 8 + 7), c(800, 1083 + 1050 + 878), alternative = "greater")
    greater = rate_test(21, 3011, 11, 800, alternative="greater")
    less = rate_test(21, 3011, 11, 800, alternative="less")
    assert greater.interval[1] == math.inf
    assert less.interval[0] == 0
    both = greater.interval[0], less.interval[1]
    assert rate_test(21, 3011, 11, 800, 0.1).interval == pytest.approx(both)
