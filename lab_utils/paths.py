"""Where things are in this checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: every other path hangs from it."""

CONTAINERS = ROOT / "containers"
DATA = ROOT / "data"
NOTEBOOKS = ROOT / "notebooks"
RESULTS = ROOT / "results"
COMPOSE_FILE = ROOT / "compose.yaml"

STATE = ROOT / ".lab"
"""What the lab keeps for itself between commands; `./lab clean` empties it."""
