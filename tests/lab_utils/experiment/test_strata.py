import math

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.strata import mantel_haenszel

REVERSED = {"old": [[90, 10], [850, 150]], "new": [[300, 700], [20, 80]]}
"""The treatment does better among old and among new users, and worse among all."""


def test_what_is_better_in_each_and_worse_in_all_is_flagged():
    found = mantel_haenszel(REVERSED)
    assert min(found.odds_ratios) > 1 > found.pooled_odds_ratio
    assert found.simpson


@pytest.mark.parametrize(
    "tables",
    [
        # Charig et al. (1986), kidney stones: open surgery above keyhole surgery
        {"small": [[81, 6], [234, 36]], "large": [[192, 71], [55, 25]]},
        # Lindley & Novick (1981): treated above untreated
        {"male": [[18, 12], [7, 3]], "female": [[2, 8], [9, 21]]},
    ],
)
def test_the_textbooks_paradoxes_are_flagged_though_no_ratio_differs_beyond_chance(tables):
    found = mantel_haenszel(tables)
    assert (found.pooled_odds_ratio - 1) * (found.common_odds_ratio - 1) < 0
    assert found.interval[0] < 1 < found.interval[1]
    assert found.simpson


def test_an_even_spread_over_strata_is_no_paradox():
    tables = {"old": [[90, 10], [85, 15]], "new": [[30, 70], [20, 80]]}
    found = mantel_haenszel(tables)
    assert not found.simpson
    assert found.common_odds_ratio > 1


def test_a_reversal_within_chance_is_no_paradox():
    found = mantel_haenszel({"old": [[11, 9], [21, 20]], "new": [[4, 16], [2, 12]]})
    assert (found.pooled_odds_ratio - 1) * (found.common_odds_ratio - 1) < 0
    assert not found.simpson


def test_one_stratum_is_the_table_itself():
    found = mantel_haenszel({"all": [[30, 70], [20, 80]]})
    assert found.common_odds_ratio == pytest.approx(found.pooled_odds_ratio)
    assert found.odds_ratios == pytest.approx([found.pooled_odds_ratio])
    assert math.isnan(found.homogeneity_p_value)


def test_strata_of_one_odds_ratio_are_told_from_others_as_statsmodels_does():
    for tables in np.random.default_rng(1).integers(1, 60, (10, 4, 2, 2)):
        found = mantel_haenszel({str(i): table for i, table in enumerate(tables)})
        other = StratifiedTable(list(tables.astype(float))).test_equal_odds(adjust=True)
        assert found.homogeneity_p_value == pytest.approx(other.pvalue)


def test_an_empty_stratum_changes_nothing():
    found = mantel_haenszel({**REVERSED, "robots": [[0, 0], [0, 0]]})
    assert found.interval == mantel_haenszel(REVERSED).interval
    assert math.isnan(found.odds_ratios[-1])


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"all": [[1, 2, 3], [4, 5, 6]]},
        {"all": [[-1, 2], [3, 4]]},
        {"all": [[0.5, 2], [3, 4]]},
        {"all": [[0, 20], [0, 30]]},
    ],
)
def test_tables_that_compare_nothing_are_refused(tables):
    with pytest.raises(BadArgument, match="Next: "):
        mantel_haenszel(tables)
