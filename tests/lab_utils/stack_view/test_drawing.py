import xml.etree.ElementTree as ET

import pytest

from lab_utils.stack.base import Service
from lab_utils.stack_view import draw
from lab_utils.stack_view.snapshot import Lane, Snapshot


def seen(b="running", believed="healthy", balancer="running"):
    def service(name, state):
        return Service(name, state, "healthy" if state == "running" else "", "", "")

    lanes = (
        Lane("a", service("recommender-a", "running"), 0.7, "healthy", 10, 0),
        Lane("b", service("recommender-b", b), 0.3, believed, 10, 0),
    )
    return Snapshot(1, "processes", service("balancer", balancer), "own.py:mine", lanes)


WELL = draw(seen(), {"a": (28.2, 0), "b": (11.8, 0)})
DEAD = draw(seen("exited (137)", "unhealthy"), {"a": (28, 0), "b": (12, 12)})


def texts(drawing):
    root = ET.fromstring(drawing.svg)
    return [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("drawing", [WELL, DEAD, draw(seen(balancer="exited (137)"))])
def test_the_picture_is_svg_with_the_line_as_its_title(drawing):
    root = ET.fromstring(drawing.svg)
    assert root.find("{http://www.w3.org/2000/svg}title").text == drawing.caption


def test_split_and_requests_stand_at_the_arrows():
    assert {"70% · 28/s", "30% · 12/s", "40/s", "mine"} <= set(texts(WELL))
    assert not any("fail" in text for text in texts(WELL))


def test_a_dead_recommender_is_told_by_word_sign_and_pattern():
    assert "✗ exited (137)" in texts(DEAD)
    assert "12/s fail" in texts(DEAD)
    assert "the balancer says: unhealthy" in texts(DEAD)
    assert 'fill="url(#dead)"' in DEAD.svg
    assert 'fill="url(#dead)"' not in WELL.svg


def test_the_line_says_what_the_picture_shows():
    assert DEAD.caption == (
        "balancer (own.py:mine) is healthy; a has 70% of the users, is healthy, the balancer says: "
        "healthy, 28 answers/s, of which 0 fail; b has 30% of the users, has ended: exited (137), "
        "the balancer says: unhealthy, 12 answers/s, of which 12 fail"
    )


def test_a_notebook_gets_an_image_with_an_alternative_text():
    shown = WELL._repr_mimebundle_()
    assert '<img alt="The stack as it is' in shown["text/html"]
    assert shown["text/plain"] == WELL.caption


def test_what_is_not_known_is_not_drawn():
    assert not any("/s" in text for text in texts(draw(seen())))
