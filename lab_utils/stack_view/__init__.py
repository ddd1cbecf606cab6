"""A picture of the stack as it is: once, or live while something happens to it."""

from lab_utils.stack_view.drawing import Drawing, draw
from lab_utils.stack_view.snapshot import Lane, Snapshot, look
from lab_utils.stack_view.view import Live, live, once

__all__ = ["Drawing", "Lane", "Live", "Snapshot", "draw", "live", "look", "once"]
