import pytest

from lab_utils.errors import LabError
from lab_utils.stack_view import once, view
from lab_utils.stack_view.view import Live


class Shown(list):
    """Takes the place of an output: what it showed, one after the other."""

    def __call__(self, drawing):
        self.append(drawing)
        return self

    def update(self, drawing):
        self.append(drawing)


@pytest.fixture
def shown():
    return Shown()


def test_a_service_that_is_killed_is_seen_dead_and_then_back(process_stack, shown):
    with Live(process_stack, shown) as live:
        process_stack.kill("recommender-b")
        seen = live.until(lambda now: now.lanes[1].service.state != "running", "the end of b")
        process_stack.start("recommender-b")
        live.until(lambda now: now.lanes[1].service.trouble == "", "b back")
    assert seen.lanes[1].service.state == "exited (137)"
    assert any("exited (137)" in drawing.caption for drawing in shown)
    assert "exited" not in shown[-1].caption


def test_what_never_comes_is_told(process_stack, shown, monkeypatch):
    monkeypatch.setattr(view, "SEEN_TIMEOUT", 0.2)
    with Live(process_stack, shown) as live, pytest.raises(LabError, match="snow was not seen"):
        live.until(lambda now: False, "snow")


def test_a_picture_is_updated_when_something_changed_only(process_stack, shown):
    with Live(process_stack, shown) as live:
        live.watch(3 * view.EVERY)
    live.stop()
    assert len(shown) == len({drawing.caption for drawing in shown})


def test_an_engine_that_goes_away_leaves_the_picture_as_it_was(process_stack, shown, monkeypatch):
    live = Live(process_stack, shown)

    def gone(stack):
        raise LabError("looking", "nothing there", "start it")

    monkeypatch.setattr(view, "look", gone)
    live.stop()
    assert shown[-1].caption == live._shown.caption


def test_once_is_the_picture_without_rates(process_stack):
    assert "/s" not in once(process_stack).caption
