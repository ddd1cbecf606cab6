import numpy as np
import pytest
from scipy import stats

from lab_utils.experiment import Device, World
from lab_utils.experiment.population import draw

WORLD = World({"a": 0.2, "b": 0.25}, icc=0.3, visits_per_user=2)


def drawn(**how):
    return draw(WORLD, np.random.default_rng(1), 20_000, **how)


@pytest.mark.parametrize("exact", [True, False])
def test_own_rates_are_beta_distributed_around_the_variants(exact):
    visits = drawn(exact=exact)
    own = visits.own_rates(visits.rank, np.full(visits.rank.size, 0.2))
    beta = stats.beta(0.2 * 7 / 3, 0.8 * 7 / 3)
    assert stats.kstest(own, beta.cdf).pvalue > 1e-4
    assert own.mean() == pytest.approx(beta.mean(), abs=4 * beta.std() / own.size**0.5)


def test_rates_read_from_a_table_are_near_the_computed_ones():
    computed, read = (drawn(exact=exact).chance("b") for exact in (True, False))
    assert np.abs(computed - read).max() < 0.01
    assert computed.mean() == pytest.approx(read.mean(), abs=1e-4)


def test_a_user_is_of_the_same_rank_under_both_variants():
    visits = drawn()
    assert (np.argsort(visits.chance("a")) == np.argsort(visits.chance("b"))).mean() > 0.99


def test_age_is_counted_from_a_users_first_visit():
    visits = drawn()
    first = np.full(20_000, np.inf)
    np.minimum.at(first, visits.whose, visits.day)
    assert visits.age == pytest.approx(visits.day - first[visits.whose])


def test_without_latency_the_visits_are_others_and_nothing_is_drawn_for_it():
    visits = drawn(with_latency=False)
    assert visits.latency.size == 0
    assert visits.luck.size == visits.whose.size


def test_a_mean_share_is_half_way():
    assert Device(0.2, 0.8).mean_share == pytest.approx(0.5)
    assert Device(0.2).end_share == 0.2
