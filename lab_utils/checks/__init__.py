"""Exercises that answer back: one module for each notebook, judged here, never graded.

`from lab_utils.checks import load_balancer as check`, then `check.<exercise>(answer)`.
"""

from lab_utils.checks.answers import answer_or_ours
from lab_utils.checks.exercise import Exercise, NotYet, exercise

__all__ = ["Exercise", "NotYet", "answer_or_ours", "exercise"]
