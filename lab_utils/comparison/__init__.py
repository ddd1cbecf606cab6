"""Processes, containers and virtual machines side by side: pictures, tables, verdicts.

What is measured comes from `lab_utils.measurements`; here it is set beside what slides say. A
figure that is not of this computer is called *recorded* wherever it is shown.
"""

from lab_utils.comparison.claims import CLAIMS, Claim, Verdict
from lab_utils.comparison.dot_plots import dots, start_times
from lab_utils.comparison.evidence import Evidence
from lab_utils.comparison.facts import across, side_by_side
from lab_utils.comparison.live import what_is_live
from lab_utils.comparison.pairs import Pair, pair, same_program, stop
from lab_utils.comparison.sharing import second_image
from lab_utils.comparison.slide_table import recorded, slide, table
from lab_utils.comparison.transcript import by_hand

__all__ = [
    "CLAIMS",
    "Claim",
    "Evidence",
    "Pair",
    "Verdict",
    "across",
    "by_hand",
    "dots",
    "pair",
    "recorded",
    "same_program",
    "second_image",
    "side_by_side",
    "slide",
    "start_times",
    "stop",
    "table",
    "what_is_live",
]
