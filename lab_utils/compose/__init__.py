"""Compose, taught on the lab's own stack: notebook 03.

`lesson(here)` answers live where a Docker Engine does, else as it was recorded.
"""

from lab_utils.compose.change import STEPS
from lab_utils.compose.draft import mine, ours, try_out
from lab_utils.compose.file import STACK_FILE
from lab_utils.compose.lesson import lesson

__all__ = ["STACK_FILE", "STEPS", "lesson", "mine", "ours", "try_out"]
