import pytest
from scipy import stats

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.sample_ratio import sample_ratio, share_by_chance


@pytest.mark.parametrize(
    ("counts", "planned"),
    [([7030, 2970], [0.7, 0.3]), ([0, 10], [0.5, 0.5]), ([5, 9, 20], [0.2, 0.3, 0.5])],
)
def test_it_is_a_chi_square_test_against_the_plan(counts, planned):
    theirs = stats.chisquare(counts, [sum(counts) * share for share in planned])
    seen = sample_ratio(counts, planned)
    assert (seen.statistic, seen.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))


@pytest.mark.parametrize(
    ("counts", "planned"),
    [
        ([70, 30], [7, 3]),
        ([30, 40], [0.5, 0.4]),
        ([1, 2, 3], [0.5, 0.5]),
        ([0, 0], [0.5, 0.5]),
        ([-1, 5], [0.5, 0.5]),
        ([5, 0], [1.0, 0.0]),
    ],
)
def test_a_plan_that_does_not_fit_the_counts_is_refused_by_name(counts, planned):
    with pytest.raises(BadArgument, match="Next: "):
        sample_ratio(counts, planned)


@pytest.mark.parametrize("given", [(0, 0.5), (10, 2), (10, 0), (10, 0.5, 1.5)])
def test_a_share_that_cannot_be_is_refused_by_name(given):
    with pytest.raises(BadArgument, match="Next: "):
        share_by_chance(*given)
