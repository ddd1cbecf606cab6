"""The usual slide, and the same with what was measured in place of what is said."""

from __future__ import annotations

from lab_utils.comparison import wording
from lab_utils.comparison.claims import CLAIMS, Claim
from lab_utils.comparison.evidence import Evidence, Measured
from lab_utils.comparison.facts import NAMES
from lab_utils.comparison.shown import Table
from lab_utils.measurements import load
from lab_utils.runtimes import KINDS, Server


def slide() -> Table:
    """The claims alone."""
    return Table(("row", "what the slide says"), tuple((each.key, each.slide) for each in CLAIMS))


def table(*groups: Measured) -> Table:
    """A row for each claim: what is said, what was measured in each runtime, and the verdict.

    Below it stands where every figure is from, recorded or measured.

    Args:
        groups: what was measured, of the tiny server.
    """
    evidence = Evidence.of(*groups)
    head = ("row", "what the slide says", "measured", *NAMES.values(), "verdict")
    notes = wording.sources(evidence.measured, among=lambda _seen: True)
    return Table(head, tuple(_row(each, evidence) for each in CLAIMS), tuple(notes))


def _row(claim: Claim, evidence: Evidence) -> tuple[str, ...]:
    seen = [wording.said(evidence.find(claim.what, kind)) for kind in KINDS]
    return (claim.key, claim.slide, claim.what, *seen, str(claim.verdict(evidence)))


def recorded(server: Server) -> Table:
    """Every figure recorded of a server, side by side; a row for each `what`."""
    kept = [seen for seen in load() if seen.server == server]
    whats = dict.fromkeys(seen.what for seen in kept)
    evidence = Evidence.of(kept)
    rows = tuple(
        (what, *(wording.said(evidence.find(what, kind)) for kind in KINDS)) for what in whats
    )
    notes = wording.sources(kept, among=lambda _seen: True)
    return Table((server, *NAMES.values()), rows, tuple(notes))
