"""The recitation's idea around a function of the student's, served from this very kernel."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import requests
from flask import Flask, Response
from werkzeug.serving import BaseWSGIServer, make_server

from lab_utils.ladder.recitation import is_there, make_app, new_connection
from lab_utils.ports import HOST, free_port
from lab_utils.stack.base import Stack


def ours() -> str:
    """The randomiser, as we would write it."""
    return random.choices(["a", "b"], [70, 30])[0]  # noqa: S311 - a split, no secret


@dataclass
class FirstIdea:
    """A server that looks whether both recommenders are there, then asks the one that is picked.

    Attributes:
        backends: `host:port` by variant.
        pick: names a variant.
        programs: started so far, to look.
        connections: opened so far, to ask.
    """

    backends: dict[str, str]
    pick: Callable[[], str]
    programs: int = 0
    connections: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _server: BaseWSGIServer | None = None

    @property
    def url(self) -> str:
        """What visitors ask."""
        return f"http://{HOST}:{self._server.server_port if self._server else 0}"

    def start(self) -> FirstIdea:
        """Serve from now on, beside the notebook."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        app: Flask = make_app(self._forward)
        self._server = make_server(HOST, 0, app, threaded=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        """Serve no longer."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def _forward(self, path: str) -> Response:
        with self._counting:
            self.programs += 2
            self.connections += 1
        there = [name for name, backend in self.backends.items() if is_there(backend)]
        if not there:
            return Response("no backend is there\n", 503)
        try:
            picked = self.pick()
        except Exception as error:  # noqa: BLE001 - the student's own, whatever it does
            return Response(f"your function raised {type(error).__name__}: {error}\n", 500)
        variant = picked if picked in there else there[0]
        try:
            answer = new_connection("GET", f"http://{self.backends[variant]}/{path}", b"")
        except requests.RequestException as error:
            return Response(f"{type(error).__name__}\n", 502)
        return Response(answer.content, answer.status_code, {"X-Variant": variant})


def serve(stack: Stack, pick: Callable[[], str], *, without: str = "") -> FirstIdea:
    """Serve the idea in front of a stack's recommenders, until `.stop()`.

    Args:
        stack: whose recommenders are asked.
        pick: names a variant for each request.
        without: a variant that is put at an address where nobody is, as if it had died.
    """
    backends = {name: f"{HOST}:{getattr(stack.ports, name)}" for name in ("a", "b")}
    if without:
        backends[without] = f"{HOST}:{free_port()}"
    return FirstIdea(backends, pick).start()
