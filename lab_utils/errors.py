"""Errors that teach: what was being done, what came back, what to do next."""

from __future__ import annotations


class LabError(Exception):
    """Something a reader can understand and act on; shown without a traceback.

    Args:
        doing: what the lab was trying to do, as the end of "While ..." ("starting the stack").
        found: what came back instead: an exit code, a status, the last lines of a log.
        next_step: one thing to do about it.
    """

    def __init__(self, doing: str, found: str, next_step: str) -> None:
        self.doing = doing
        self.found = found.strip()
        self.next_step = next_step
        super().__init__(f"While {doing}: {self.found}\nNext: {next_step}")

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback (its documented hook)."""
        return [f"{type(self).__name__}: {self}"]
