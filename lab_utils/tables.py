"""Tables as a notebook shows them: words to the left, nothing cut off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler
    from pandas.io.formats.style_render import CSSDict

LOOK: list[CSSDict] = [
    {"selector": "th, td", "props": "text-align: left; white-space: normal; vertical-align: top"}
]


def worded(rows: Iterable[Any], index: str) -> Styler:
    """A table of words, a row for each dataclass instance.

    Args:
        rows: instances of one dataclass.
        index: the field that names the rows.
    """
    frame = pd.DataFrame(rows).set_index(index)
    # a fixed uuid: the same table is the same HTML each time
    return frame.style.set_uuid(index).set_table_styles(LOOK)
