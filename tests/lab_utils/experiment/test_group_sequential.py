import numpy as np
import pytest
from scipy import stats

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.group_sequential import (
    crossing_probabilities,
    equal_looks,
    lan_demets_bounds,
    nominal_level,
    obrien_fleming_bounds,
    peeking_rate,
    pocock_bounds,
    spent_alpha,
)


@pytest.mark.parametrize("bounds", [[1.96] * 4, [4.0, 2.5, 2.2, 2.0], [0.5, 1.0, 3.0, 0.2]])
@pytest.mark.parametrize("times", [(0.25, 0.5, 0.75, 1.0), (0.1, 0.15, 0.9, 1.0)])
def test_the_integral_is_scipys_multivariate_normal(bounds, times):
    t = np.array(times)
    covariance = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    normal = stats.multivariate_normal(cov=covariance, seed=1)
    stays = normal.cdf(bounds, lower_limit=-np.array(bounds))
    assert crossing_probabilities(bounds, times).sum() == pytest.approx(1 - stays, abs=2e-4)


def test_looks_are_not_independent():
    assert peeking_rate(5) < 1 - 0.95**5 - 0.05


# Jennison & Turnbull (2000), Tables 2.1 and 2.3, two-sided
LOOKS = (2, 3, 4, 5, 6, 8, 10, 20)
POCOCK = {
    0.01: (2.772, 2.873, 2.939, 2.986, 3.023, 3.078, 3.117, 3.225),
    0.05: (2.178, 2.289, 2.361, 2.413, 2.453, 2.512, 2.555, 2.672),
    0.10: (1.875, 1.992, 2.067, 2.122, 2.164, 2.225, 2.270, 2.392),
}
OBRIEN_FLEMING = {
    0.05: (1.977, 2.004, 2.024, 2.040, 2.053, 2.072, 2.087, 2.126),
    0.10: (1.678, 1.710, 1.733, 1.751, 1.765, 1.786, 1.801, 1.842),
}


@pytest.mark.parametrize("alpha", POCOCK)
def test_published_constants_of_pocock(alpha):
    assert [round(pocock_bounds(k, alpha)[0], 3) for k in LOOKS] == list(POCOCK[alpha])


@pytest.mark.parametrize("alpha", OBRIEN_FLEMING)
def test_published_constants_of_obrien_and_fleming(alpha):
    seen = [round(obrien_fleming_bounds(k, alpha)[-1], 3) for k in LOOKS]
    assert seen == list(OBRIEN_FLEMING[alpha])


def test_published_rates_of_peeking():
    # Armitage, McPherson & Rowe (1969), Table 2, at 5 %; Evan Miller (2010) on peeks before the end
    published = {2: 0.083, 3: 0.107, 4: 0.126, 20: 0.248, 50: 0.320, 200: 0.424}
    assert {k: round(peeking_rate(k), 3) for k in published} == published
    peeks = {1: 2.9, 2: 2.2, 3: 1.8, 5: 1.4, 10: 1.0}
    assert {k: round(100 * nominal_level(k + 1), 1) for k in peeks} == peeks


def test_published_bounds_of_spending():
    # R gsDesign: gsDesign(k, test.type = 2, alpha = 0.025, sfu = sfLDOF), sfLDPocock
    assert lan_demets_bounds(equal_looks(3)) == pytest.approx([3.7103, 2.5114, 1.9930], abs=6e-5)
    pocock = lan_demets_bounds(equal_looks(5), spending="pocock")
    assert pocock == pytest.approx([2.4380, 2.4268, 2.4102, 2.3966, 2.3860], abs=6e-5)


@pytest.mark.parametrize("looks", [1, 3, 8])
def test_the_nominal_level_is_pococks_bound(looks):
    assert stats.norm.isf(nominal_level(looks) / 2) == pytest.approx(pocock_bounds(looks)[0])


def test_one_look_is_the_plain_test():
    for bounds in (pocock_bounds(1), obrien_fleming_bounds(1), lan_demets_bounds([1.0])):
        assert bounds == pytest.approx([1.959964], abs=1e-6)


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_bounds_spend_alpha_as_planned_at_uneven_looks(spending):
    times = [0.1, 0.45, 0.5, 1.0]
    bounds = lan_demets_bounds(times, 0.05, spending)
    spent = crossing_probabilities(bounds, times).cumsum()
    assert spent == pytest.approx([spent_alpha(t, 0.05, spending) for t in times])
    assert spent[-1] == pytest.approx(0.05)


def test_a_bound_does_not_depend_on_later_looks():
    assert lan_demets_bounds([0.2, 0.4])[:2] == lan_demets_bounds([0.2, 0.4, 0.9, 1])[:2]


def test_power_is_that_of_one_look_where_there_is_one():
    power = crossing_probabilities([1.959964], [1.0], drift=2.8).sum()
    assert power == pytest.approx(stats.norm.sf(1.959964 - 2.8) + stats.norm.cdf(-4.759964))


@pytest.mark.parametrize(
    "refused",
    [
        lambda: peeking_rate(0),
        lambda: peeking_rate(10_000),
        lambda: pocock_bounds(5, alpha=0),
        lambda: lan_demets_bounds([0.5, 0.5]),
        lambda: lan_demets_bounds([0.5, 1.5]),
        lambda: lan_demets_bounds([]),
        lambda: crossing_probabilities([2.0], [0.5, 1.0]),
        lambda: crossing_probabilities([0.0], [1.0]),
        lambda: spent_alpha(0),
        lambda: equal_looks(-1),
        lambda: pocock_bounds(2.5),
        lambda: lan_demets_bounds([0.5, 1.0], spending="obf"),
    ],
)
def test_looks_that_are_no_plan_are_refused(refused):
    with pytest.raises(BadArgument, match="Next: "):
        refused()
