import pytest

from lab_utils.compose.change import Change, order_of, refused, under_traffic
from lab_utils.compose.visitors import Visit


class Nobody:
    """Visitors who have all come already."""

    clock_s = 0.0
    visits = (Visit(0.0, 4.0, 200), Visit(0.1, 900.0, 0), Visit(0.2, 5.0, 503))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def wait_until(self, clock_s):
        self.clock_s = clock_s


def test_the_steps_are_taken_in_the_order_that_was_asked_for():
    taken = []
    take = {name: lambda name=name: taken.append(name) for name in ("start", "wait", "stop")}
    change = under_traffic(
        ("wait", "stop", "start"), take, lambda: taken.append("settled"), Nobody()
    )
    assert taken == ["wait", "stop", "start", "settled"]
    assert len(change.took_s) == 3


def test_lost_is_whoever_got_no_films():
    change = Change(("start", "wait", "stop"), (0.0, 0.1, 0.2), Nobody.visits)
    assert (change.lost, change.longest_ms) == (2, 900.0)


@pytest.mark.parametrize(
    "steps", [["start"], ["start", "wait", "wait"], "start", None, ["start", "wait", "halt"], [[]]]
)
def test_what_is_no_order_changes_nothing_and_says_so(steps):
    assert order_of(steps) is None
    assert "each of" in str(refused(steps))


def test_an_order_may_be_a_list_or_a_tuple():
    assert order_of(["stop", "start", "wait"]) == order_of(("stop", "start", "wait"))
