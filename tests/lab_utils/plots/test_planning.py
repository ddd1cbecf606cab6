import pytest

from lab_utils import plots
from lab_utils.experiment import BadArgument, power_curve, users_for_proportions


def test_the_users_at_the_target_are_those_of_the_plan():
    picture = plots.power(power_curve(0.44, [0.1], range(700, 1001, 5)))
    total = users_for_proportions(0.44, 0.54).total
    said = int(picture.caption.split("about ")[1].split(" users")[0])
    assert said == pytest.approx(total, abs=2)


def test_a_difference_that_is_never_seen_often_enough_says_how_often():
    curve = power_curve(0.44, [0.01], range(100, 1001, 100))
    seen = f"{curve['power'].max():.0%}"
    assert plots.power(curve).caption == (
        f"for a power of 80%, +1.0 points: {seen} with 1,000 users"
    )


def test_more_lines_than_can_be_told_apart_are_refused():
    with pytest.raises(BadArgument, match="cannot be told apart"):
        plots.power(power_curve(0.44, [0.01, 0.02, 0.03, 0.04, 0.05], [100, 200]))
