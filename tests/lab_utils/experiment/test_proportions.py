import pytest

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.proportions import (
    barnard_test,
    clopper_pearson_interval,
    fisher_test,
    wald_interval,
    wilson_interval,
    yates_test,
    z_test,
)

# Newcombe (1998), Stat Med 17:857-872, Table I: methods 1, 3 and 5
TABLE_I = {
    wald_interval: {(81, 263): (0.2522, 0.3638), (15, 148): (0.0527, 0.1500)},
    wilson_interval: {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605)},
    clopper_pearson_interval: {
        (81, 263): (0.2527, 0.3676),
        (15, 148): (0.0578, 0.1617),
        (0, 20): (0.0, 0.1684),
        (1, 29): (0.0009, 0.1776),
    },
}


@pytest.mark.parametrize("interval", TABLE_I)
def test_published_intervals_of_one_share(interval):
    for counts, ends in TABLE_I[interval].items():
        assert interval(*counts) == pytest.approx(ends, abs=5.1e-5)


def test_a_lady_tastes_tea():
    # R: fisher.test(TeaTasting, alternative = "greater"), and two-sided
    assert fisher_test(1, 4, 3, 4, "greater")[1] == pytest.approx(17 / 70)
    assert fisher_test(1, 4, 3, 4)[1] == pytest.approx(34 / 70)


def test_billions_of_users_are_compared_as_few_are():
    z, p_value = z_test(10**8, 10**9, 10**8 + 26_000, 10**9)
    # 2.6e-5 of a standard error of sqrt(2 * 0.1 * 0.9 / 1e9)
    assert z == pytest.approx(2.6e-5 / (0.18 / 1e9) ** 0.5, rel=1e-4)
    assert p_value == pytest.approx(0.0526, abs=0.0001)


@pytest.mark.parametrize("test", [z_test, fisher_test, barnard_test])
def test_one_side_asks_for_a_gain_of_the_treatment(test):
    assert test(3, 20, 12, 20, "greater")[1] < 0.01
    assert test(3, 20, 12, 20, "less")[1] > 0.99


@pytest.mark.parametrize("test", [z_test, fisher_test, barnard_test, yates_test])
def test_groups_that_change_places_are_equally_surprising(test):
    assert test(3, 20, 9, 25)[1] == pytest.approx(test(9, 25, 3, 20)[1])


@pytest.mark.parametrize("test", [z_test, fisher_test, barnard_test, yates_test])
@pytest.mark.parametrize("groups", [(0, 20, 0, 30), (20, 20, 30, 30)])
def test_where_nobody_differs_nothing_speaks_against_no_difference(test, groups):
    assert test(*groups)[1] == pytest.approx(1)


def test_the_correction_makes_the_test_more_careful():
    groups = (12, 40, 22, 41)
    assert z_test(*groups)[1] < yates_test(*groups)[1]
    assert barnard_test(*groups)[1] < fisher_test(*groups)[1]


@pytest.mark.parametrize("interval", [wilson_interval, wald_interval, clopper_pearson_interval])
@pytest.mark.parametrize("successes", [0, 1, 10, 19, 20])
def test_an_interval_holds_the_share_and_stays_between_0_and_1(interval, successes):
    low, high = interval(successes, 20)
    assert 0 <= low <= successes / 20 <= high <= 1


@pytest.mark.parametrize(
    "refused",
    [
        lambda: wilson_interval(1, 0),
        lambda: wilson_interval(3, 2),
        lambda: wilson_interval(1, 2, alpha=5),
        lambda: z_test(-1, 10, 1, 10),
        lambda: fisher_test(1, 10, 11, 10),
        lambda: barnard_test(1, 0, 1, 10),
        lambda: z_test(1.5, 10, 2, 10),
        *(lambda test=test: test(1, 9, 3, 9, "larger") for test in (z_test, fisher_test)),
        lambda: barnard_test(1, 9, 3, 9, "one-sided"),
    ],
)
def test_counts_that_cannot_be_are_refused(refused):
    with pytest.raises(BadArgument, match="Next: "):
        refused()
