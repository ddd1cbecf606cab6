"""What a command said, live or recorded, as a notebook shows it."""

from __future__ import annotations

import html
from dataclasses import dataclass

LINES = "white-space:pre-wrap;overflow-wrap:anywhere"
"""How lines are shown: a long one goes on below, as on a terminal, so that nothing is hidden."""


@dataclass(frozen=True)
class Provenance:
    """Where a recording comes from.

    Attributes:
        date: when it was made, `25 November 2026`.
        engine: the Docker Engine's version.
        compose: Compose's version.
    """

    date: str
    engine: str
    compose: str

    def __str__(self) -> str:
        return (
            f"Recorded on {self.date} with Docker Engine {self.engine} and Compose "
            f"{self.compose}; not run on this computer."
        )


class Seen:
    """Something that was seen, live or recorded, shown as lines of text with where it is from."""

    recorded: Provenance | None

    @property
    def told(self) -> str:
        """What was seen, in lines."""
        raise NotImplementedError

    def __str__(self) -> str:
        return "\n".join([self.told, *([str(self.recorded)] if self.recorded else [])])

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        lines = f'<pre style="{LINES}">{html.escape(self.told)}</pre>'
        return {"text/html": lines + banner(self.recorded), "text/plain": str(self)}


@dataclass(frozen=True)
class Output:
    """A command, its exit code, and both its streams as one text.

    Attributes:
        command: as one would type it.
        exit_code: 0 means that all went well; None if it was not run.
        said: what it printed.
        recorded: where it comes from, if it did not run here and now.
    """

    command: str
    exit_code: int | None
    said: str
    recorded: Provenance | None = None

    @property
    def ended(self) -> str:
        """The exit code in words; empty where it is 0."""
        if self.exit_code is None:
            return "(not run)"
        return f"(exit code {self.exit_code})" if self.exit_code else ""

    def __str__(self) -> str:
        parts = (f"$ {self.command}", self.said, self.ended, str(self.recorded or ""))
        return "\n".join(part for part in parts if part)

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        told = "\n".join(part for part in (self.said, self.ended) if part)
        return {
            "text/html": f"{terminal(self.command, told)}{banner(self.recorded)}",
            "text/plain": str(self),
        }


def terminal(command: str, said: str) -> str:
    """A command and what it said as HTML."""
    return (
        f'<pre style="{LINES};font-size:.9em">'
        f"<b>$ {html.escape(command)}</b>\n{html.escape(said)}</pre>"
    )


def banner(recorded: Provenance | None) -> str:
    """That something is a recording, in HTML; empty if it is not."""
    if recorded is None:
        return ""
    return f'<p style="border-left:.5em solid #6b6b6b;padding-left:.7em">{recorded}</p>'
