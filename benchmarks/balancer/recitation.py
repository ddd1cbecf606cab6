"""The recitation's idea of a balancer: look whether both backends are there, then ask one.

Each look starts a program (`nc -z`), each request opens a new connection to the backend, and
Flask's development server closes the visitor's. All of it is plain to read, and all of it costs.
"""

from __future__ import annotations

import argparse
import logging
import random
import subprocess

import requests
from flask import Flask, Response, request

app = Flask(__name__)
WEIGHTS: dict[str, float] = {}
"""Address of each backend, and its share of the requests."""


def is_there(backend: str) -> bool:
    """Whether something listens at `host:port`."""
    return subprocess.run(["nc", "-z", *backend.split(":")], check=False).returncode == 0


@app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
@app.route("/<path:path>", methods=["GET", "POST"])
def forward(path: str) -> Response:
    """Hand the request to a backend that is there."""
    there = {backend: weight for backend, weight in WEIGHTS.items() if is_there(backend)}
    if not there:
        return Response("no backend is there\n", 503)
    [backend] = random.choices(list(there), list(there.values()))  # noqa: S311 - a split, no secret
    url = f"http://{backend}/{path}"
    answer = requests.request(request.method, url, data=request.get_data(), timeout=10)
    return Response(answer.content, answer.status_code, content_type=answer.headers["Content-Type"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("backends", nargs=2)
    options = parser.parse_args()
    WEIGHTS.update(zip(options.backends, (70, 30), strict=True))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request would cost more still
    app.run("127.0.0.1", options.port, threaded=True)
