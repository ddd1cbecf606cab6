import pytest
from matplotlib.figure import Figure

from lab_utils.errors import LabError
from lab_utils.experiment import Decision
from lab_utils.plots import Picture
from lab_utils.prediction import Prediction

DECISION = Decision("ship", "Variant b is better than a.", (), "A repeat could.")


def test_an_answer_stays_folded_until_there_is_a_prediction():
    shown = Prediction(None, ("a", "b")).reveal(DECISION)._repr_mimebundle_()["text/markdown"]
    assert shown.startswith("<details><summary>The answer: predict first")
    assert DECISION._repr_markdown_() in shown


def test_a_prediction_opens_the_answer_and_stands_beside_it():
    shown = Prediction("b", ("a", "b")).reveal(DECISION)._repr_mimebundle_()["text/markdown"]
    assert shown.startswith("<details open><summary>You predicted b.")


def test_a_picture_keeps_its_words_and_its_numbers():
    picture = Picture(Figure(), alt="a is larger than b", caption="a 2, b 1")
    shown = Prediction(None, ("a", "b")).reveal(picture)._repr_mimebundle_()
    assert shown["text/plain"] == "a 2, b 1"
    assert '<img alt="a is larger than b"' in shown["text/html"]


def test_another_prediction_is_refused_with_those_there_are():
    with pytest.raises(LabError, match='predict "a" or "b", or None'):
        Prediction("c", ("a", "b"))
