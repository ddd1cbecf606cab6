"""Slips of the pen in the stack's Compose file, one at a time, and what Compose says to each."""

from __future__ import annotations

import html
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab_utils import docker_engine
from lab_utils.compose.file import STACK_FILE
from lab_utils.compose.output import Provenance, banner

TIMEOUT = 20.0
"""Seconds that Compose may take to read a file."""

ACCEPTED = "(nothing: it is a Compose file)"


@dataclass(frozen=True)
class Slip:
    """One change of the file, by somebody in a hurry.

    Attributes:
        name: what happened.
        right: a piece of the file; the first place where it stands is changed.
        wrong: what is there instead.
    """

    name: str
    right: str
    wrong: str


SLIPS = (
    Slip("servces: for services:", "\nservices:", "\nservces:"),
    Slip("port: for ports:", 'ports: ["127.0.0.1:${LAB_PORT_A', 'port: ["127.0.0.1:${LAB_PORT_A'),
    Slip("trian-a for train-a", "train-a: {condition", "trian-a: {condition"),
    Slip("80OO for 8000", "-7004}:8000", "-7004}:80OO"),
    Slip(
        "a tab for blanks", "    environment: {LAB_VARIANT: a}", "\tenvironment: {LAB_VARIANT: a}"
    ),
    Slip("LAB_VARIENT for LAB_VARIANT", "{LAB_VARIANT: a}", "{LAB_VARIENT: a}"),
)


@dataclass(frozen=True)
class Typos:
    """What Compose said to each slip.

    Attributes:
        rows: name of the slip, and Compose's words.
        recorded: where it comes from, if Compose was not asked here and now.
    """

    rows: tuple[tuple[str, str], ...]
    recorded: Provenance | None = None

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows)
        told = [f"{name:<{width}}  {said}" for name, said in self.rows]
        return "\n".join([*told, *([str(self.recorded)] if self.recorded else [])])

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        cell = '<td style="text-align:left">'
        rows = "".join(
            f"<tr>{cell}{html.escape(name)}</td>{cell}<code>{html.escape(said)}</code></td></tr>"
            for name, said in self.rows
        )
        head = "".join(f'<th style="text-align:left">{word}</th>' for word in ("slip", "Compose"))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return {"text/html": table + banner(self.recorded), "text/plain": str(self)}


def tried() -> Typos:
    """Each slip made in a copy of compose.yaml, and shown to Compose."""
    return Typos(tuple((slip.name, _said(slip)) for slip in SLIPS))


def _said(slip: Slip) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "compose.yaml"
        file.write_text(STACK_FILE.text.replace(slip.right, slip.wrong, 1), encoding="utf-8")
        done = docker_engine.ask_compose(
            ["config", "--quiet"], environment={}, folder=Path(folder), timeout=TIMEOUT
        )
        lines = done.stderr.replace(folder, ".").strip().splitlines()
        return ACCEPTED if done.exit_code == 0 else lines[-1]
