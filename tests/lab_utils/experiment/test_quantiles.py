import numpy as np
import pytest
from scipy import stats

from lab_utils.experiment.errors import BadArgument, TooFewForQuantile
from lab_utils.experiment.quantiles import (
    bootstrap_quantiles,
    compare_quantiles,
    fewest_for_quantile,
    order_statistic_interval,
    quantile,
    quantile_interval,
)


def test_the_quantile_is_a_value_that_was_seen():
    assert quantile(range(1, 101), 0.95) == 95


def test_a_median_needs_fewer_users_than_a_p95():
    assert fewest_for_quantile(0.5) < fewest_for_quantile(0.95) < fewest_for_quantile(0.99)


def test_a_p5_needs_as_many_as_a_p95():
    assert fewest_for_quantile(0.05) == fewest_for_quantile(0.95)


def test_resampling_users_agrees_with_resampling_rows_where_users_visit_once():
    values = np.random.default_rng(1).exponential(10, 400)
    drawn = bootstrap_quantiles(values, np.arange(400), 0.95, np.random.default_rng(2))
    plain = np.quantile(
        np.random.default_rng(3).choice(values, (2_000, 400)), 0.95, axis=1, method="inverted_cdf"
    )
    assert drawn.mean() == pytest.approx(plain.mean(), abs=4 * plain.std() / 2_000**0.5 * 2)
    assert drawn.std() == pytest.approx(plain.std(), rel=0.15)


def test_repeated_rows_of_the_same_users_add_no_evidence():
    values = np.random.default_rng(1).exponential(10, 200)
    users = np.arange(200)
    once = bootstrap_quantiles(values, users, 0.9, np.random.default_rng(2))
    repeated = bootstrap_quantiles(
        np.repeat(values, 8), np.repeat(users, 8), 0.9, np.random.default_rng(2)
    )
    assert np.array_equal(once, repeated)


def test_equal_groups_do_not_differ():
    values, users = np.arange(100.0), np.arange(100)
    seen = compare_quantiles((values, users), (values, users), 0.9)
    assert seen.interval[0] < 0 < seen.interval[1]
    assert seen.p_value > 0.5


@pytest.mark.parametrize("n", [72, 100, 333])
@pytest.mark.parametrize("q", [0.05, 0.5, 0.9, 0.95])
def test_the_interval_between_ranks_is_scipys(n, q):
    values = np.random.default_rng(n).normal(size=n)
    found = quantile_interval(values, q)
    assert (found.low, found.high) == stats.quantile_test(values, p=q).confidence_interval(0.95)
    assert found.coverage >= 0.95


def test_one_user_fewer_and_the_interval_has_no_upper_end():
    assert quantile_interval(range(72), 0.95).high == 71
    with pytest.raises(TooFewForQuantile, match="needs 72 values, seen 71"):
        quantile_interval(range(71), 0.95)


@pytest.mark.parametrize("ranks", [(0, 3), (3, 3), (4, 2), (1, 11)])
def test_ranks_that_do_not_exist_are_refused(ranks):
    with pytest.raises(BadArgument, match="Next: "):
        order_statistic_interval(range(10), 0.5, *ranks)


GROUP = ([1.0, 2.0, 3.0], [1, 2, 3])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: fewest_for_quantile(1.0),
        lambda: fewest_for_quantile(0.0),
        lambda: fewest_for_quantile(0.5, 1),
        lambda: quantile([], 0.5),
        lambda: quantile([1.0, np.nan], 0.5),
        lambda: quantile([1.0], 1.5),
        lambda: compare_quantiles(GROUP, ([], []), 0.5),
        lambda: compare_quantiles(GROUP, ([1.0, 2.0], [1]), 0.5),
        lambda: compare_quantiles(GROUP, GROUP, 0),
        lambda: compare_quantiles(GROUP, (GROUP[0], ["a", None, "b"]), 0.5),
        lambda: compare_quantiles(GROUP, GROUP, 0.5, alpha=2),
    ],
)
def test_what_has_no_quantile_is_refused_by_name(wrong):
    with pytest.raises(BadArgument, match="Next: "):
        wrong()
