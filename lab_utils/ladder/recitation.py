"""The recitation's idea of a balancer: look whether both backends are there, then ask one.

Each look starts a program (`nc -z`), each request opens a new connection to the backend, and
Flask's development server closes the visitor's. All of it is plain to read, and all of it costs;
the options take away one cost each.
"""

from __future__ import annotations

import argparse
import logging
import random
import shutil
import subprocess
from collections.abc import Callable

import requests
from flask import Flask, Response, request

WEIGHTS: dict[str, float] = {}
"""Address of each backend, and its share of the requests."""

SESSION = requests.Session()
"""Its connections are shared by all threads: Flask makes a new one for each visitor."""


def is_there(backend: str) -> bool:
    """Whether something listens at `host:port`, asked of a program: nc, or bash without it."""
    host, port = backend.split(":")
    if shutil.which("nc"):
        words = ["nc", "-z", host, port]
    else:
        words = ["bash", "-c", f"exec 3<>/dev/tcp/{host}/{port}"]
    return subprocess.run(words, check=False, stderr=subprocess.DEVNULL).returncode == 0


def new_connection(method: str, url: str, body: bytes) -> requests.Response:
    """Ask a backend over a connection of this request's own."""
    return requests.request(method, url, data=body, timeout=10)


def kept_connection(method: str, url: str, body: bytes) -> requests.Response:
    """Ask a backend over a connection that stays open for the next request."""
    return SESSION.request(method, url, data=body, timeout=10)


def forward_to(
    look: Callable[[str], bool], ask: Callable[[str, str, bytes], requests.Response]
) -> Callable[[str], Response]:
    """What answers each request: it looks at all backends, draws one of those there, asks it."""

    def forward(path: str) -> Response:
        there = {backend: weight for backend, weight in WEIGHTS.items() if look(backend)}
        if not there:
            return Response("no backend is there\n", 503)
        [backend] = random.choices(list(there), list(there.values()))  # noqa: S311 - no secret
        answer = ask(request.method, f"http://{backend}/{path}", request.get_data())
        kind = answer.headers["Content-Type"]
        return Response(answer.content, answer.status_code, content_type=kind)

    return forward


def make_app(forward: Callable[[str], Response]) -> Flask:
    """Flask, with one function for every path."""
    app = Flask(__name__)
    methods = ["GET", "POST"]
    app.add_url_rule("/", "root", forward, defaults={"path": ""}, methods=methods)
    app.add_url_rule("/<path:path>", "path", forward, methods=methods)
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("backends", nargs=2)
    parser.add_argument("--no-look", action="store_true", help="start no program")
    parser.add_argument("--keep", action="store_true", help="keep connections to backends")
    options = parser.parse_args()
    WEIGHTS.update(zip(options.backends, (70, 30), strict=True))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request would cost more still
    chosen = forward_to(
        (lambda _: True) if options.no_look else is_there,
        kept_connection if options.keep else new_connection,
    )
    make_app(chosen).run("127.0.0.1", options.port, threaded=True)
