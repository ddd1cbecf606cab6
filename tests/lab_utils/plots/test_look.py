"""What every picture keeps to."""

from itertools import combinations

import matplotlib as mpl
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from lab_utils import plots


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
    assert f'alt="{picture.alt.split("<")[0].split(chr(39))[0]}' in shown["text/html"]
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


def words(figure):
    """Where each text of the picture stands, in pixels; without those of no extent."""
    with mpl.rc_context(plots.LOOK):
        shown = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
        boxes = {text: text.get_window_extent() for text in shown}
    return {text: box for text, box in boxes.items() if box.width > 1}


def test_no_word_is_cut_off(picture):
    canvas = picture.figure.bbox
    for text, box in words(picture.figure).items():
        inside = canvas.x0 <= box.x0 and box.x1 <= canvas.x1
        inside = inside and canvas.y0 <= box.y0 and box.y1 <= canvas.y1
        # ticks beyond an axis' limits have a text that is not drawn
        assert inside or text not in drawn(picture.figure), text.get_text()


def test_no_word_stands_on_another(picture):
    shown = {t: box for t, box in words(picture.figure).items() if t in drawn(picture.figure)}
    for (one, box), (other, its_box) in combinations(shown.items(), 2):
        apart = box.padded(-1).overlaps(its_box.padded(-1))
        assert not apart, (one.get_text(), other.get_text())


def drawn(figure):
    """All texts but those of ticks that lie beyond their axis."""
    texts = set(figure.findobj(Text))
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high:
                    texts -= {tick.label1, tick.label2}
    return texts


def lightness(colour):
    """Relative luminance (WCAG 2, section 1.4.3), from 0, black, to 1, white."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    """Contrast ratio (WCAG 2), from 1, none, to 21."""
    low, high = sorted((lightness(one), lightness(other)))
    return (high + 0.05) / (low + 0.05)


def test_variants_differ_in_more_than_colour():
    control, treatment = plots.STROKES
    for way in ("colour", "marker", "line", "hatch"):
        assert getattr(control, way) != getattr(treatment, way)


def test_variants_and_lines_are_told_apart_in_grey():
    for strokes in (plots.STROKES, plots.SERIES):
        for one, other in combinations(strokes, 2):
            assert one.marker != other.marker
            assert one.line != other.line
    assert contrast(*(stroke.colour for stroke in plots.STROKES)) > 2.5
    for one, other in zip(plots.SERIES, plots.SERIES[1:], strict=False):
        assert lightness(one.colour) < lightness(other.colour)


def test_every_line_stands_out_from_the_paper():
    for stroke in (*plots.STROKES, *plots.SERIES):
        assert contrast(stroke.colour, "white") > 2.4


def test_a_picture_changes_no_setting_of_matplotlib(picture):
    mpl.get_backend()  # which settles a setting of its own
    before = mpl.rcParams.copy()
    picture.to_svg()
    assert before == mpl.rcParams
