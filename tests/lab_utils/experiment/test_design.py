import math

import pytest
from statsmodels.stats.power import NormalIndPower

from lab_utils.experiment.design import (
    cohens_h,
    days_needed,
    detectable_proportion,
    effect_power,
    power_curve,
    power_of_proportions,
    users_for_effect,
    users_for_proportions,
)
from lab_utils.experiment.errors import BadArgument


def test_two_calculators_answer_the_same_question_differently():
    assert users_for_proportions(0.2, 0.25).control == pytest.approx(1093.7, abs=0.1)
    miller = users_for_proportions(0.2, 0.25, convention="baseline")
    assert miller.control == pytest.approx(1030, abs=0.5)


@pytest.mark.parametrize(
    ("baseline", "difference", "users"),
    # Evan Miller's calculator: its own example, and Udacity's three metrics
    [
        (0.2, 0.05, 1_030),
        (0.20625, 0.01, 25_835),
        (0.53, 0.01, 39_115),
        (0.1093125, 0.0075, 27_413),
    ],
)
def test_evan_millers_size_is_one_for_a_gain_and_a_loss(baseline, difference, users):
    for p_treatment in (baseline + difference, baseline - difference):
        size = users_for_proportions(baseline, p_treatment, convention="baseline")
        assert round(size.control) == users


def test_published_sizes_and_powers():
    # R: power.prop.test(n = 50, p1 = .50, p2 = .75), (p1 = .1, p2 = .2, power = .8)
    assert power_of_proportions(0.5, 0.75, 50, 50) == pytest.approx(0.7401659, abs=1e-6)
    assert users_for_proportions(0.1, 0.2).control == pytest.approx(198.96, abs=0.01)
    # pwr: pwr.2p.test(h = 0.3, n = 80, sig.level = 0.05, alternative = "greater")
    assert effect_power(0.3, 80, 80, sides="one-sided") == pytest.approx(0.5996777, abs=1e-6)


@pytest.mark.parametrize("alpha", [0.001, 0.1])
@pytest.mark.parametrize("share", [0.1, 0.9])
@pytest.mark.parametrize(("sides", "theirs"), [("two-sided",) * 2, ("one-sided", "larger")])
def test_unequal_splits_need_what_statsmodels_says(alpha, share, sides, theirs):
    ratio = share / (1 - share)
    needed = NormalIndPower().solve_power(0.2, None, alpha, 0.9, ratio, theirs)
    assert users_for_effect(0.2, 0.9, alpha, sides, share).control == pytest.approx(needed)


def test_five_percent_relative_needs_about_25_times_the_users_of_five_points():
    relative, points = (users_for_proportions(0.2, p).total for p in (0.21, 0.25))
    assert relative / points == pytest.approx(25, rel=0.1)


@pytest.mark.parametrize("convention", ["pooled", "baseline", "arcsine"])
@pytest.mark.parametrize("sides", ["two-sided", "one-sided"])
@pytest.mark.parametrize("share", [0.5, 0.3, 0.1])
def test_the_size_has_the_power_and_detects_what_it_was_made_for(convention, sides, share):
    size = users_for_proportions(0.12, 0.14, 0.8, 0.05, sides, convention, share)
    n = (size.control, size.treatment)
    assert size.treatment / size.total == pytest.approx(share)
    assert power_of_proportions(0.12, 0.14, *n, 0.05, sides, convention) == pytest.approx(0.8)
    seen = detectable_proportion(0.12, *n, 0.8, 0.05, sides, convention)
    assert seen == pytest.approx(0.14)


def test_an_unequal_split_costs_the_harmonic_mean():
    even, uneven = (users_for_effect(0.1, share_treatment=s).total for s in (0.5, 0.3))
    assert uneven / even == pytest.approx(0.25 / (0.7 * 0.3))


def test_a_loss_is_as_detectable_as_the_gain_that_mirrors_it():
    gain = detectable_proportion(0.5, 400, 400)
    assert detectable_proportion(0.5, 400, 400, below=True) == pytest.approx(1 - gain)


def test_whole_users_are_rounded_up():
    size = users_for_proportions(0.5, 0.75, 0.9)
    assert size.whole == (math.ceil(size.control), math.ceil(size.treatment)) == (77, 77)


def test_the_effect_changes_its_sign_with_the_groups():
    assert cohens_h(0.3, 0.1) == -cohens_h(0.1, 0.3)


def test_power_grows_with_users_and_with_the_difference():
    curve = power_curve(0.12, [0.01, 0.02], [1_000, 4_000, 16_000])
    assert curve.groupby("difference")["power"].is_monotonic_increasing.all()
    assert curve.groupby("users")["power"].is_monotonic_increasing.all()


def test_a_test_runs_whole_days():
    assert days_needed(1_001, 1_000) == 2
    assert days_needed(1_000, 1_000, share_in_test=0.1) == 10


@pytest.mark.parametrize(
    "refused",
    [
        lambda: users_for_proportions(0.2, 0.2),
        lambda: users_for_proportions(0.2, 1.0),
        lambda: users_for_proportions(0.2, 0.3, power=1),
        lambda: users_for_proportions(0.2, 0.3, power=0.04),
        lambda: users_for_proportions(0.2, 0.3, share_treatment=0),
        lambda: users_for_proportions(0.2, 0.2 + 1e-12),
        lambda: detectable_proportion(0.99, 5, 5),
        lambda: cohens_h(1.1, 0.5),
        lambda: users_for_proportions(0.2, 0.3, sides="greater"),
        lambda: users_for_effect(0.2, sides="two.sided"),
        lambda: users_for_proportions(0.2, 0.3, convention="R"),
        lambda: power_of_proportions(0.1, 0.2, 0, 10),
        lambda: days_needed(1_000, 0),
        lambda: days_needed(1_000, 10, share_in_test=2),
    ],
)
def test_a_design_that_has_no_answer_is_refused(refused):
    with pytest.raises(BadArgument, match="Next: "):
        refused()
