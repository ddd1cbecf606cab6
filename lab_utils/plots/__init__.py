"""The lab's pictures, each drawn for one question; `look.py` is what they have in common.

Each function takes what the experiment returned and gives a `Picture`: the figure, a text for
those who cannot see it, and the numbers drawn, in one line.
"""

from lab_utils.plots.alarms import p_values
from lab_utils.plots.bandits import bandit
from lab_utils.plots.chance import by_chance
from lab_utils.plots.changes import changes
from lab_utils.plots.effects import effect, forest
from lab_utils.plots.exposure import exposure
from lab_utils.plots.frequencies import frequencies
from lab_utils.plots.latencies import latency
from lab_utils.plots.look import FAINT, INK, LOOK, SERIES, STROKES, Picture, Stroke
from lab_utils.plots.looks import cumulative
from lab_utils.plots.parts import segments
from lab_utils.plots.planning import power
from lab_utils.plots.scoreboard import scoreboard
from lab_utils.plots.splits import split
from lab_utils.plots.startup import startup

__all__ = [
    "FAINT",
    "INK",
    "LOOK",
    "SERIES",
    "STROKES",
    "Picture",
    "Stroke",
    "bandit",
    "by_chance",
    "changes",
    "cumulative",
    "effect",
    "exposure",
    "forest",
    "frequencies",
    "latency",
    "p_values",
    "power",
    "scoreboard",
    "segments",
    "split",
    "startup",
]
