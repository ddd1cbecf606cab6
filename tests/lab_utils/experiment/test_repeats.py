import numpy as np
import pytest

from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.mean_design import ratio_sd
from lab_utils.experiment.repeats import design_effect, intraclass_correlation


def visits(users, per_user, seed):
    """Successes of users who each have a rate of their own: ICC = 1 / (1.2 + 8.8 + 1)."""
    rng = np.random.default_rng(seed)
    return rng.random((users, per_user)) < rng.beta(1.2, 8.8, (users, 1))


def test_one_visit_a_user_has_no_design_effect():
    assert design_effect(1, 0.3) == 1


def test_uneven_visits_cost_more():
    assert design_effect(8, 0.1, cv=0.5) > design_effect(8, 0.1)


def test_the_correlation_of_visits_is_found_again():
    seen = [
        intraclass_correlation(visits(2_000, 8, seed).ravel(), np.arange(2_000).repeat(8))
        for seed in range(40)
    ]
    assert abs(np.mean(seen) - 1 / 11) < 4 * np.std(seen, ddof=1) / 40**0.5


def test_the_design_effect_is_what_the_delta_method_sees():
    won = visits(20_000, 8, 1)
    rows = won.ravel().var(ddof=1) / won.size
    by_users = ratio_sd(won.sum(axis=1), np.full(20_000, 8)) ** 2 / 20_000
    assert by_users / rows == pytest.approx(design_effect(8, 1 / 11), rel=0.05)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: design_effect(0.5, 0.1),
        lambda: design_effect(5, 2),
        lambda: design_effect(11, -0.1),
        lambda: intraclass_correlation([1, 0, 1], ["a", "b", "c"]),
        lambda: intraclass_correlation([1, 1, 1], ["a", "a", "b"]),
        lambda: intraclass_correlation([1, 0, 1, 0], ["a", "a", "b", None]),
    ],
)
def test_what_no_visits_can_be_is_refused(refused):
    with pytest.raises(BadArgument, match="Next: "):
        refused()
