from lab_utils.compose.change import Change, refused
from lab_utils.compose.output import Provenance
from lab_utils.compose.visitors import Visit
from lab_utils.plots import changes


def change(order, lost, recorded=None):
    visits = tuple(Visit(at / 40, 5.0, 0 if at < lost else 200) for at in range(80))
    return Change(order, (0.2, 0.6, 1.1), visits, recorded)


PLAIN = change(("stop", "start", "wait"), 30)
CAREFUL = change(("start", "wait", "stop"), 0)


def test_the_caption_has_the_numbers_of_each_panel():
    picture = changes(PLAIN, CAREFUL)
    assert "30 of 80 visitors lost" in picture.caption
    assert "0 of 80 visitors lost" in picture.caption
    assert len(picture.figure.axes) == 2


def test_a_change_that_was_not_made_has_no_panel():
    assert len(changes(PLAIN, refused(["halt"])).figure.axes) == 1


def test_a_recording_is_said_to_be_one_once():
    recorded = Provenance("25 November 2026", "26.1", "2.26")
    picture = changes(*(change(each.order, 0, recorded) for each in (PLAIN, CAREFUL)))
    assert picture.caption.count("Recorded on") == 1
