"""The engine's clock, which need not be this computer's."""

from __future__ import annotations

from datetime import datetime

NEVER = "0001-"
"""How a date begins on which nothing has happened yet."""


def seconds(date: str) -> float:
    """Seconds since 1970 of a date as Docker writes it, with nanoseconds; 0 for never."""
    return 0.0 if date.startswith(NEVER) else datetime.fromisoformat(date).timestamp()
