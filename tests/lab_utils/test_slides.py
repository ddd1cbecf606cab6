import re

import nbformat.v4 as new
import pytest

from lab_utils import slides
from lab_utils.errors import LabError
from lab_utils.paths import NOTEBOOKS


def book(*cells):
    return new.new_notebook(cells=list(cells))


def code(source, *outputs):
    return new.new_code_cell(source, outputs=list(outputs))


def stream(text):
    return new.new_output("stream", text=text)


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    return slides.make(tmp_path_factory.mktemp("slides") / "new" / "deck.html")


def test_a_heading_opens_a_section_and_each_code_cell_ends_a_slide(tmp_path):
    words = new.new_markdown_cell("# One\n\nfirst\n\n## Two\n\nsecond")
    first, second = slides.sections(book(words, code("1 + 1"), code("2 + 2")), tmp_path)
    assert ["first" in slide for slide in first.slides] == [True]
    assert len(second.slides) == 2
    assert "second" in second.slides[0]


def test_words_of_more_than_a_slide_are_cut_between_paragraphs(tmp_path):
    paragraphs = [f"{'word ' * 70}{name}" for name in ("one", "two", "three:", "four")]
    words = new.new_markdown_cell("\n\n".join(["# Long", *paragraphs]))
    (section,) = slides.sections(book(words), tmp_path)
    assert [re.findall("one|two|three|four", slide) for slide in section.slides] == [
        ["one", "two"],
        ["three", "four"],  # what is announced stays with who announces it
    ]


def test_a_cell_that_fills_a_slide_does_not_share_it_with_many_words(tmp_path):
    words = new.new_markdown_cell("# One\n\n" + "word " * 60)
    lines = code("show()", stream("line\n" * 18))
    (section,) = slides.sections(book(words, lines), tmp_path)
    assert ["show" in slide for slide in section.slides] == [False, True]


def test_a_heading_in_what_a_cell_shows_opens_a_slide_too(tmp_path):
    shown = new.new_output("display_data", {"text/html": "<h4>a</h4><p>x</p><h4>b</h4><p>y</p>"})
    (section,) = slides.sections(book(code("show()", shown)), tmp_path)
    assert [re.findall("<h4>.", slide) for slide in section.slides] == [
        ["<h4>a"],
        ["<h4>b"],
    ]


def test_a_comment_in_a_block_of_code_is_no_heading(tmp_path):
    words = new.new_markdown_cell("# One\n\n```sh\n# not two\nls\n```")
    assert len(slides.sections(book(words), tmp_path)) == 1


def test_a_line_that_was_written_over_is_shown_as_it_was_left(tmp_path):
    progress = code("go()", stream("\r10 %"), stream("\r100 %"), stream("\ndone\n"))
    ((slide,),) = [section.slides for section in slides.sections(book(progress), tmp_path)]
    assert "100 %\ndone" in slide
    assert "10 %\n" not in slide


def test_a_picture_beside_the_notebook_is_put_into_the_deck(tmp_path):
    (tmp_path / "dot.svg").write_text("<svg/>")
    (section,) = slides.sections(book(new.new_markdown_cell("![a dot](dot.svg)")), tmp_path)
    assert 'src="data:image/svg+xml;base64,' in section.slides[0]
    assert 'alt="a dot"' in section.slides[0]


def test_every_code_cell_of_every_notebook_is_in_the_deck(deck):
    shown = deck.read_text().count("hl-ipython3")
    paths = NOTEBOOKS.glob("*.ipynb")
    cells = [cell for path in paths for cell in slides.nbformat.read(path, as_version=4).cells]
    assert shown == sum(1 for cell in cells if cell.cell_type == "code" and cell.source.strip())


def test_the_deck_loads_nothing_from_anywhere(deck):
    text = deck.read_text()
    sources = re.findall(r'<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)="([^"]{0,40})', text)
    own = ("data:", "${")  # reveal.js makes some of its own, of what a deck has
    assert [each for each in sources if not each.startswith(own)] == []
    assert re.findall(r"@import|url\(\s*[\"']?http", text) == []


def test_a_notebook_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(LabError, match="00_start_here"):
        slides.make(tmp_path / "deck.html", ["99"])


@pytest.mark.needs("browser")
def test_every_slide_fits_a_projector_without_a_network(deck, browser):
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(error))
    page.goto(deck.as_uri())
    page.wait_for_function("window.Reveal?.isReady()")
    for _ in range(page.evaluate("Reveal.getTotalSlides()") - 1):
        page.keyboard.press("Space")
        bottom = page.evaluate("Reveal.getCurrentSlide().getBoundingClientRect().bottom")
        assert bottom <= 800
    assert page.evaluate("Reveal.isLastSlide()")
    assert wrong == []
    context.close()
