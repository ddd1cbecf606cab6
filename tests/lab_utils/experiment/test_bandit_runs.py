from collections import Counter
from random import Random

import numpy as np
import pytest
from balancer.strategies import thompson_sampling

from lab_utils.experiment import BadArgument, thompson_runs


def test_it_chooses_as_the_balancer_does(calibration):
    """One world, both programs: the treatment gets the same share of visits."""
    rates, visits, runs = {"a": 0.2, "b": 0.5}, 60, calibration.runs(150)
    shares = []
    for seed in range(runs):
        random, outcomes = Random(seed), Counter()
        for _ in range(visits):
            name = thompson_sampling({"a": 1, "b": 1}, outcomes, random)
            outcomes[name, int(random.random() < rates[name])] += 1
        shares.append((outcomes["b", 0] + outcomes["b", 1]) / visits)
    ours = thompson_runs([[0.2, 0.5]] * visits, runs=runs).chosen[:, 1] / visits
    error = np.sqrt((np.var(shares) + np.var(ours)) / runs)
    assert abs(np.mean(shares) - ours.mean()) < 4 * error


def test_it_earns_more_than_an_even_split_and_less_than_the_best():
    seen = thompson_runs([[0.1, 0.2]] * 1_000, runs=100)
    assert seen.earned_by_even_split == pytest.approx(150)
    assert 150 < seen.earned < 200
    assert seen.share[-1] > seen.share[0]


def test_what_is_not_known_yet_is_not_learnt_from():
    late = thompson_runs([[0.1, 0.6]] * 300, runs=200, delay=200)
    even = late.share[:200]
    assert abs(even.mean() - 0.5) < 4 * 0.5 / (200 * 200) ** 0.5
    assert late.share[-50:].mean() > 0.8


def test_visits_and_successes_add_up():
    seen = thompson_runs([[0.3, 0.3]] * 200, runs=40)
    assert (seen.chosen.sum(axis=1) == 200).all()
    assert (seen.successes <= seen.chosen).all()
    assert seen.earned == pytest.approx(60, abs=4 * (200 * 0.21 / 40) ** 0.5)


def test_its_log_underrates_the_loser_and_alarms_too_often():
    seen = thompson_runs([[0.12, 0.12]] * 2_000, runs=600)
    assert np.nanmin(seen.seen_rates, axis=1).mean() < 0.11
    assert (seen.p_values < 0.05).mean() > 0.05 + 2 * (0.05 * 0.95 / 600) ** 0.5


def test_a_variant_that_never_had_a_visit_is_no_evidence():
    seen = thompson_runs([[0.5, 0.5]], runs=5)
    assert np.isnan(seen.seen_rates).sum() == 5
    assert (seen.p_values == 1).all()


@pytest.mark.parametrize(
    "bad",
    [
        {"rates": []},
        {"rates": [[0.1, 0.2, 0.3]]},
        {"rates": [[0.1, 1.2]]},
        {"runs": 0},
        {"runs": 1.5},
        {"delay": -1},
    ],
)
def test_a_bandit_that_cannot_be_is_refused(bad):
    with pytest.raises(BadArgument, match="Next: "):
        thompson_runs(**{"rates": [[0.1, 0.2]], **bad})
