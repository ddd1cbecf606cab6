"""A web service small enough to build images of: it greets, and counts its visits in a file."""

import os
import socket
from pathlib import Path

from flask import Flask

GREETING = os.environ.get("GREETING", "Hello")
VISITS = Path(os.environ.get("DATA", "/data")) / "visits"

app = Flask(__name__)


@app.get("/")
def hello() -> dict[str, str | int]:
    """Greet, say which computer answers, and count this visit."""
    visits = int(VISITS.read_text()) + 1 if VISITS.exists() else 1
    VISITS.write_text(str(visits))
    return {"greeting": GREETING, "visits": visits, "answered_by": socket.gethostname()}


@app.get("/healthz")
def healthz() -> dict[str, str]:
    """Answer at once, and count nothing."""
    return {"status": "well"}


if __name__ == "__main__":
    # Flask's own small server: good enough for a class, and never for visitors
    app.run(host="0.0.0.0", port=8000)  # noqa: S104 - of the container, which is all it can see
