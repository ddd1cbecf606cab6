import numpy as np
import pytest

from lab_utils.experiment.clusters import cluster_robust_test
from lab_utils.experiment.errors import BadArgument
from lab_utils.experiment.ratios import compare_ratios


def rows(seed, users):
    rng = np.random.default_rng(seed)
    whose = rng.integers(0, users, users * 6)
    return rng.normal(rng.normal(5, 1, users)[whose], 0.5), whose


def totals(values, whose):
    return np.bincount(whose, values), np.bincount(whose)


def test_it_is_the_delta_method_on_totals():
    control, treatment = rows(1, 800), rows(2, 500)
    clusters = cluster_robust_test(control, treatment)
    delta = compare_ratios(totals(*control), totals(*treatment))
    assert clusters.difference == pytest.approx(delta.difference)
    assert clusters.std_error == pytest.approx(delta.std_error, rel=0.002)


def test_rows_seen_twice_add_no_evidence():
    control, treatment = rows(1, 50), rows(2, 40)
    twice = [tuple(np.tile(column, 2) for column in group) for group in (control, treatment)]
    once = cluster_robust_test(control, treatment)
    assert cluster_robust_test(*twice).std_error == pytest.approx(once.std_error)


def test_names_do_not_matter():
    control, (values, whose) = rows(1, 50), rows(2, 40)
    named = values, [f"user {i}" for i in whose]
    assert cluster_robust_test(control, named) == cluster_robust_test(control, (values, whose))


def test_few_users_make_the_correction_count():
    groups = rows(1, 6), rows(2, 5)
    assert (
        cluster_robust_test(*groups, correction=True).std_error
        > 1.04 * cluster_robust_test(*groups).std_error
    )


@pytest.mark.parametrize(
    "bad",
    [
        ([1.0, 2.0], ["a"]),
        ([1.0, 2.0], ["a", "a"]),
        ([1.0, 2.0, 3.0], ["a", None, "b"]),
        ([1.0, float("nan")], ["a", "b"]),
    ],
)
def test_rows_without_users_are_refused(bad):
    with pytest.raises(BadArgument, match="Next: "):
        cluster_robust_test(rows(1, 9), bad)


def test_rows_that_never_vary_are_refused():
    same = ([1.0, 1.0], ["a", "b"])
    with pytest.raises(BadArgument, match="no user differs"):
        cluster_robust_test(same, same)
