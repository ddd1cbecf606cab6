import numpy as np
import pytest
from scipy import special

from lab_utils.experiment.bayes import Posterior, compare_posteriors
from lab_utils.experiment.errors import BadArgument

PAIRS = [
    (Posterior(121, 881), Posterior(146, 856)),
    (Posterior(0.5, 0.5), Posterior(0.5, 20.5)),
    (Posterior(1, 1), Posterior(5_000, 95_000)),
    (Posterior(3, 2), Posterior(3, 2)),
    (Posterior(0.1, 0.1), Posterior(0.3, 0.2)),
    (Posterior(5, 0.1), Posterior(0.2, 3)),
]


@pytest.mark.parametrize(("control", "treatment"), PAIRS)
def test_draws_agree(control, treatment):
    rng, n = np.random.default_rng(1), 400_000
    x, y = rng.beta(control.a, control.b, n), rng.beta(treatment.a, treatment.b, n)
    found = compare_posteriors(control, treatment)
    for said, drawn in (
        (found.p_treatment_better, y > x),
        (found.loss_treatment, np.maximum(x - y, 0)),
        (found.loss_control, np.maximum(y - x, 0)),
    ):
        assert abs(said - drawn.mean()) <= 4 * drawn.std() / n**0.5


@pytest.mark.parametrize(("control", "treatment"), PAIRS)
def test_groups_that_change_places_swap_their_losses(control, treatment):
    there, back = compare_posteriors(control, treatment), compare_posteriors(treatment, control)
    assert there.p_treatment_better + back.p_treatment_better == pytest.approx(1, abs=1e-11)
    assert there.loss_treatment == pytest.approx(back.loss_control, rel=1e-9)
    assert there.loss_control - there.loss_treatment == pytest.approx(there.difference, abs=1e-12)


@pytest.mark.parametrize(
    ("successes_a", "successes_b", "n"), [(7, 9, 20), (0, 3, 40), (900, 950, 9_000)]
)
def test_it_is_evan_millers_sum_for_whole_numbers(successes_a, successes_b, n):
    a, b = Posterior.of(successes_a, n), Posterior.of(successes_b, n)
    i = np.arange(b.a)
    logarithms = special.betaln(a.a + i, a.b + b.b) - special.betaln(1 + i, b.b)
    terms = np.exp(logarithms - special.betaln(a.a, a.b)) / (b.b + i)
    assert compare_posteriors(a, b).p_treatment_better == pytest.approx(terms.sum(), rel=1e-9)


def test_a_prior_counts_as_users_seen_before():
    assert Posterior.of(3, 10, prior=(2, 5)) == Posterior(5, 12)
    assert Posterior.of(0, 0) == Posterior(1, 1)


def test_more_users_make_the_interval_narrower():
    few, many = Posterior.of(12, 100).interval(), Posterior.of(1_200, 10_000).interval()
    assert few[0] < many[0] < 0.12 < many[1] < few[1]


@pytest.mark.parametrize(
    "refused",
    [
        lambda: Posterior(0, 1),
        lambda: Posterior.of(11, 10),
        lambda: Posterior.of(0, 10, prior=(0, 1)),
        lambda: Posterior(1, 1).interval(alpha=0),
        lambda: compare_posteriors(Posterior(0.01, 0.01), Posterior(1, 1)),
        lambda: compare_posteriors(Posterior(1, 1), Posterior(1e13, 1e13)),
    ],
)
def test_what_is_no_belief_is_refused(refused):
    with pytest.raises(BadArgument, match="Next: "):
        refused()
