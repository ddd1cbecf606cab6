import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.ratios import compare_ratios, ratio_of_sums


def test_counts_of_one_make_it_welchs_test():
    a, b = np.arange(9.0), np.arange(5.0) * 3
    seen = compare_ratios((a, np.ones(9)), (b, np.ones(5)), alpha=0.1)
    theirs = stats.ttest_ind(b, a, equal_var=False)
    assert (seen.statistic, seen.df, seen.p_value) == pytest.approx(
        (theirs.statistic, theirs.df, theirs.pvalue)
    )
    assert seen.interval == pytest.approx(tuple(theirs.confidence_interval(0.9)))


@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series])
def test_sums_come_in_any_row_of_numbers(kind):
    assert ratio_of_sums(kind([1.0, 2.0]), kind([2.0, 4.0])).ratio == 0.5


@pytest.mark.parametrize(
    ("sums", "counts"),
    [([], []), ([1.0], [1.0]), ([1.0, 2.0], [0, 0]), ([1, 2], [1]), ([1, np.nan], [1, 1])],
)
def test_what_has_no_ratio_is_refused_by_name(sums, counts):
    with pytest.raises(BadArgument, match="Next: "):
        ratio_of_sums(sums, counts)


def test_an_alpha_that_is_no_share_is_refused_by_name():
    with pytest.raises(BadArgument, match="alpha"):
        compare_ratios(([1, 2], [1, 1]), ([1, 2], [1, 1]), alpha=1)
