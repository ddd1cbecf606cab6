"""Rates over many seeds: looking more than once, and believing."""

import numpy as np
import pytest

import lab_utils.experiment as ab

ALPHA = 0.05


def z_at_looks(rng, runs, looks, drift=0.0):
    """z at equally spaced looks, shape (runs, looks); `drift` is its mean at the last."""
    steps = rng.normal(drift / looks, looks**-0.5, (runs, looks))
    return steps.cumsum(axis=1) / np.sqrt(ab.equal_looks(looks))


@pytest.mark.parametrize("looks", [1, 2, 5, 14])
def test_peeking_alarms_as_often_as_computed(calibration, looks):
    z = z_at_looks(np.random.default_rng(41), calibration.runs(10_000), looks)
    calibration.near((np.abs(z) > 1.959964).any(axis=1), ab.peeking_rate(looks))


@pytest.mark.parametrize(
    "bounds",
    [
        ab.pocock_bounds(5),
        ab.obrien_fleming_bounds(5),
        ab.lan_demets_bounds(ab.equal_looks(5)),
        ab.lan_demets_bounds(ab.equal_looks(5), spending="pocock"),
        ab.pocock_bounds(14),
    ],
)
def test_bounds_keep_alpha_over_all_looks_and_have_their_power(calibration, bounds):
    looks, rng = len(bounds), np.random.default_rng(42)
    z = z_at_looks(rng, calibration.runs(10_000), looks)
    calibration.near((np.abs(z) > bounds).any(axis=1), ALPHA)
    power = ab.crossing_probabilities(bounds, ab.equal_looks(looks), drift=3.0).sum()
    z = z_at_looks(rng, calibration.runs(10_000), looks, drift=3.0)
    calibration.near((np.abs(z) > bounds).any(axis=1), power)


@pytest.mark.parametrize("mixture_sd", [0.05, 0.5])
def test_a_peek_at_every_request_never_alarms_more_often_than_alpha(calibration, mixture_sd):
    n = np.arange(1, 1_001)
    widths = np.array([ab.mixture_test(0, 1, k, mixture_sd).half_width for k in n])
    rng = np.random.default_rng(43)
    means = (rng.normal(0, 1, n.size).cumsum() / n for _ in range(calibration.runs(500)))
    alarms = np.array([(np.abs(mean) > widths).any() for mean in means])
    calibration.at_most(alarms, ALPHA)
    # not for want of power: about as many as one look would have had by the end
    assert alarms.mean() > ALPHA / 10


def test_a_peek_at_every_pair_of_users_never_alarms_more_often_than_alpha(calibration):
    n = np.arange(1, 2_001)
    one = np.array([ab.asymptotic_confidence_sequence(0, 1, 2 * k, 1_000).half_width for k in n])
    rng, alarms = np.random.default_rng(44), []
    for _ in range(calibration.runs(300)):
        share = (rng.random((2, n.size)) < 0.12).cumsum(axis=1) / n
        std_error = np.sqrt((share * (1 - share)).sum(axis=0) / n)
        outside = np.abs(share[1] - share[0]) > one * std_error
        # its normal approximation is for large n only
        alarms.append(outside[100:].any())
    calibration.at_most(alarms, ALPHA)
    assert any(alarms)


def test_the_always_valid_interval_covers_at_every_look_at_once(calibration):
    n = np.arange(1, 1_001)
    widths = np.array([ab.mixture_test(0, 2, k, 0.2).half_width for k in n])
    rng, missed = np.random.default_rng(45), []
    for _ in range(calibration.runs(300)):
        mean = rng.normal(0.3, 2, n.size).cumsum() / n
        missed.append((np.abs(mean - 0.3) > widths).any())
    calibration.at_most(missed, ALPHA)


def test_a_fair_split_watched_at_every_user_never_alarms_more_often_than_alpha(calibration):
    users, concentration = 200, 50
    p_values = np.ones((users + 1, users + 1))
    for n in range(1, users + 1):
        for x in range(n + 1):
            counts = [x, n - x]
            p_values[n, x] = ab.sequential_sample_ratio(counts, [0.7, 0.3], concentration)
    rng, n = np.random.default_rng(46), np.arange(1, users + 1)
    to_a = (rng.random((calibration.runs(1_000), users)) < 0.7).cumsum(axis=1)
    alarms = (p_values[n, to_a] <= ALPHA).any(axis=1)
    calibration.at_most(alarms, ALPHA)
    assert alarms.any()


def test_beliefs_come_true_as_often_as_they_say(calibration):
    runs, rng = calibration.runs(500), np.random.default_rng(47)
    # shares as the prior has them
    shares = rng.beta(2, 5, (runs, 2))
    won = rng.binomial([80, 40], shares)
    groups = [
        (ab.Posterior.of(x, 80, (2, 5)), ab.Posterior.of(y, 40, (2, 5))) for x, y in won.tolist()
    ]
    seen = [ab.compare_posteriors(*pair) for pair in groups]
    better = shares[:, 1] > shares[:, 0]
    lost = np.maximum(shares[:, 0] - shares[:, 1], 0)
    for said, came in (
        ([found.p_treatment_better for found in seen], better),
        ([found.loss_treatment for found in seen], lost),
    ):
        off = np.asarray(said) - came
        assert abs(off.mean()) <= 4 * off.std(ddof=1) / runs**0.5
    ends = [pair[1].interval() for pair in groups]
    covered = [low <= share <= high for (low, high), share in zip(ends, shares[:, 1], strict=True)]
    calibration.near(covered, 0.95)
