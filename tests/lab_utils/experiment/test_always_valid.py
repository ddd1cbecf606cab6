import math

import pytest

from lab_utils.experiment.always_valid import (
    asymptotic_confidence_sequence,
    mixture_test,
    sequential_sample_ratio,
)
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.sample_ratio import sample_ratio


def test_the_interval_ends_where_the_evidence_reaches_its_bound():
    width = mixture_test(0, 2, 500, 0.3).half_width
    at_end = mixture_test(width, 2, 500, 0.3)
    assert at_end.log_e_value == pytest.approx(math.log(1 / 0.05))
    assert at_end.p_value == pytest.approx(0.05)
    assert at_end.interval[0] == pytest.approx(0)


def test_looking_always_costs_more_than_looking_once():
    assert mixture_test(0, 1, 1_000, 0.1).half_width > 1.96 / 1_000**0.5


def test_the_sequence_is_tightest_where_it_is_tuned_to_be():
    def width(n, tuning_n):
        return asymptotic_confidence_sequence(0, n**-0.5, n, tuning_n).half_width

    for n in (100, 1_000, 10_000):
        assert width(n, n) < min(width(n, n / 3), width(n, n * 3))


def test_the_sequence_is_the_mixture_of_the_estimated_spread():
    one = asymptotic_confidence_sequence(0.3, 0.1, 400, 400)
    log_alpha = -2 * math.log(0.05)
    mixture_sd = 2 * math.sqrt((log_alpha + math.log(log_alpha + 1)) / 400)
    assert one == mixture_test(0.3, 2, 400, mixture_sd)


def test_watching_a_split_needs_more_evidence_than_one_look():
    counts, plan = [6_840, 3_160], [0.7, 0.3]
    assert sequential_sample_ratio(counts, plan) > sample_ratio(counts, plan).p_value
    assert sequential_sample_ratio([0, 0], plan) == 1
    assert sequential_sample_ratio([50_000, 30_000], plan) < 1e-9


@pytest.mark.parametrize(
    "refused",
    [
        lambda: mixture_test(0, 0, 10, 1),
        lambda: mixture_test(0, 1, 0, 1),
        lambda: mixture_test(0, 1, 10, 1, alpha=0),
        lambda: asymptotic_confidence_sequence(0, 1, 10, 0),
        lambda: sequential_sample_ratio([1, 2], [0.5, 0.6]),
        lambda: sequential_sample_ratio([1, 2, 3], [0.5, 0.5]),
        lambda: sequential_sample_ratio([-1, 2], [0.5, 0.5]),
        lambda: sequential_sample_ratio([1, 2], [0.5, 0.5], concentration=0),
    ],
)
def test_what_nobody_can_watch_is_refused(refused):
    with pytest.raises(BadArgument, match="Next: "):
        refused()
