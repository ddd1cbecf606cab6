import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from lab_utils import plots
from lab_utils.experiment import Experiment, Proportion


@pytest.fixture
def log():
    users = np.arange(1000)
    return pd.DataFrame(
        {
            "user_id": users.astype(str),
            "variant": np.where(users < 700, "a", "b"),
            "outcome": users % 2,
            "latency_ms": np.where(users < 700, 10.0, 20.0) + users / 1000,
        }
    )


@pytest.fixture
def experiment():
    return Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=Proportion("outcome"))


@pytest.fixture(params=["split", "effect", "latency"])
def picture(request, experiment, log):
    return {
        "split": lambda: plots.split(experiment.check(log)),
        "effect": lambda: plots.effect(experiment.analyze(log)),
        "latency": lambda: plots.latency(log),
    }[request.param]()


def test_the_same_picture_has_the_same_bytes(picture):
    assert picture.to_svg() == picture.to_svg()
    assert "<dc:date>" not in picture.to_svg()


def test_the_svg_needs_no_font_of_the_reader(picture):
    assert "<text" not in picture.to_svg()


def test_the_alternative_text_holds_the_numbers(picture):
    assert picture.caption in picture.alt
    assert any(digit.isdigit() for digit in picture.caption)


def test_a_notebook_gets_the_alternative_text_with_the_image(picture):
    shown = picture._repr_mimebundle_()
    assert f'alt="{picture.alt.split("<")[0]}' in shown["text/html"]
    assert shown["text/plain"] == picture.caption


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_suffix_says_what_is_saved(picture, tmp_path, suffix):
    start = picture.save(tmp_path / f"picture{suffix}").read_bytes()[:8]
    assert start == (b"\x89PNG\r\n\x1a\n" if suffix == ".png" else b"<?xml ve")


def test_nothing_drawn_lies_outside_the_picture(picture):
    needed = picture.figure.get_tightbbox()
    width, height = picture.figure.get_size_inches()
    assert needed.x0 >= 0
    assert needed.y0 >= 0
    assert needed.x1 <= width
    assert needed.y1 <= height


def test_variants_differ_in_more_than_colour():
    control, treatment = plots.STROKES
    for way in ("colour", "marker", "line", "hatch"):
        assert getattr(control, way) != getattr(treatment, way)


def test_split_tells_planned_and_seen(experiment, log):
    caption = plots.split(experiment.check(log)).caption
    assert "a: 700 of 1,000 users, 70.0% seen, 70.0% planned" in caption
    assert caption.endswith("sample ratio p = 1")


def test_effect_tells_both_rates_and_the_interval(experiment, log):
    caption = plots.effect(experiment.analyze(log)).caption
    assert "a 50.0% of 700 users, b 50.0% of 300 users; difference +0.0 points" in caption


def test_latency_tells_the_quantile_of_each_variant(log):
    assert plots.latency(log).caption == (
        "a: p95 10.7 ms of 700 requests; b: p95 21.0 ms of 300 requests"
    )


def test_a_picture_changes_no_setting_of_matplotlib(experiment, log):
    mpl.get_backend()  # which settles a setting of its own
    before = mpl.rcParams.copy()
    plots.latency(log).to_svg()
    assert before == mpl.rcParams
