import io

import pytest
from rich.console import Console
from rich.panel import Panel

from lab_utils.sayable import Sayable, sayable

DIFFICULT = "\N{MINUS SIGN}1, 2 \N{MULTIPLICATION SIGN} caf\u00e9 \N{SNOWMAN} \u30d5"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", "-1, 2 x cafe ? ? "),
        ("latin-1", "-1, 2 \N{MULTIPLICATION SIGN} caf\u00e9 ? ? "),
        ("no such encoding", "-1, 2 x cafe ? ? "),
        ("utf-8", DIFFICULT),
    ],
)
def test_what_an_encoding_cannot_say_is_replaced_cell_for_cell(encoding, shown):
    assert sayable(DIFFICULT, encoding) == shown


def test_boxes_and_words_reach_a_terminal_that_knows_only_ascii():
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Console(file=out, width=30).print(Sayable(Panel(DIFFICULT)))
    out.flush()
    lines = out.buffer.getvalue().decode("ascii").splitlines()
    assert lines[1].startswith("| -1, 2 x cafe")
    assert {len(line) for line in lines} == {30}
