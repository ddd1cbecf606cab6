"""The picture, drawn anew a few times a second while something happens.

It is an output that is updated (Jupyter's `display_id`), not a widget: what was drawn last stays in
the notebook when it is saved, printed, or opened where nothing runs, and nothing has to be fetched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from IPython.display import display

from lab_utils import waiting
from lab_utils.docker_engine import FAILURES
from lab_utils.errors import LabError
from lab_utils.stack.base import Stack
from lab_utils.stack_view.drawing import Drawing, draw
from lab_utils.stack_view.snapshot import Snapshot, look

EVERY = 0.25
"""Seconds between two looks."""

SPAN = 1.0
"""Seconds over which requests are counted, so that the numbers can be read."""

SEEN_TIMEOUT = 30.0
"""Seconds that `until` waits."""


def once(stack: Stack) -> Drawing:
    """The stack as it is now, without rates."""
    return draw(look(stack))


def live(stack: Stack) -> Live:
    """Show the stack below this cell, from now on until `.stop()`."""
    return Live(stack)


class Live:
    """A picture that follows the stack; a context manager.

    Args:
        stack: what is looked at.
        show: makes an output of the first picture and returns what can update it.
    """

    def __init__(self, stack: Stack, show: Callable[[Drawing], Any] | None = None) -> None:
        self._stack = stack
        self._past = [look(stack)]
        self._shown = draw(self._past[0])
        self._handle = (_show if show is None else show)(self._shown)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    @property
    def seen(self) -> Snapshot:
        """The last look."""
        return self._past[-1]

    def until(self, condition: Callable[[Snapshot], bool], what: str) -> Snapshot:
        """Wait until the stack is seen in a certain state, and return it.

        Args:
            condition: looks at a snapshot.
            what: is waited for, in words.

        Raises:
            LabError: it was not seen within `SEEN_TIMEOUT` seconds.
        """
        waiting.until(
            lambda: None if condition(self.seen) else f"{what} was not seen",
            timeout=SEEN_TIMEOUT,
            doing=f"watching for {what}",
            next_step="look at the picture: which part is not as you think it is?",
        )
        return self.seen

    def watch(self, seconds: float) -> None:
        """Keep the cell running for a while, for someone to look."""
        self._over.wait(seconds)

    def stop(self) -> None:
        """Draw once more, and leave it at that."""
        if not self._over.is_set():
            self._over.set()
            self._thread.join()
            self._draw()

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def _follow(self) -> None:
        while not self._over.wait(EVERY):
            self._draw()

    def _draw(self) -> None:
        try:
            now = look(self._stack)
        except (LabError, *FAILURES):
            return  # the picture stays as it was: whoever asks the stack itself is told why
        while len(self._past) > 1 and now.at - self._past[1].at >= SPAN:
            self._past.pop(0)
        self._past.append(now)
        drawing = draw(now, now.rates(self._past[0]))
        if drawing != self._shown:
            self._shown = drawing
            self._handle.update(drawing)


def _show(drawing: Drawing) -> Any:
    return display(drawing, display_id=True)  # type: ignore[no-untyped-call]
