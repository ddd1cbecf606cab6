import numpy as np

from lab_utils import plots
from lab_utils.experiment import permutation_test


def test_it_counts_the_shuffles_that_are_as_far_from_0():
    found = permutation_test([1, 2, 3], [4, 5, 6])
    # of 20 ways to deal six values two are this far apart: the one seen, and its mirror image
    assert plots.by_chance(found, "stars").caption == (
        "2 of 20 shuffles are as far from 0 as the difference seen, +3.00 stars; "
        "the furthest is +3.00 stars"
    )


def test_a_difference_far_outside_stays_in_the_picture():
    found = permutation_test(np.zeros(300), np.arange(300) % 2, shuffles=200)
    (axes,) = plots.by_chance(found, "share").figure.axes
    low, high = axes.get_xlim()
    assert low < 100 * found.difference < high
