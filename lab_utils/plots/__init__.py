"""The lab's pictures, each drawn for one question; `look.py` is what they have in common.

Each function takes what the experiment returned and gives a `Picture`: the figure, a text for
those who cannot see it, and the numbers drawn, in one line.
"""

from lab_utils.plots.alarms import p_values
from lab_utils.plots.chance import by_chance
from lab_utils.plots.effects import effect, forest
from lab_utils.plots.latencies import latency
from lab_utils.plots.look import FAINT, INK, LOOK, SERIES, STROKES, Picture, Stroke
from lab_utils.plots.looks import cumulative
from lab_utils.plots.parts import segments
from lab_utils.plots.planning import power
from lab_utils.plots.splits import split

__all__ = [
    "FAINT",
    "INK",
    "LOOK",
    "SERIES",
    "STROKES",
    "Picture",
    "Stroke",
    "by_chance",
    "cumulative",
    "effect",
    "forest",
    "latency",
    "p_values",
    "power",
    "segments",
    "split",
]
