"""Serving, by granian: one worker process, a few threads."""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import sys
import threading
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from serving import RecommenderError

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from serving.recommender import Recommender
    from serving.settings import Settings

THREADS = 4
STOP_WITHIN = 3
"""Seconds a request under way is given when the server is told to stop."""

ACCESS_LOG = "granian.access"
ACCESS_LINE = "%(header{x-request-id})s %(method)s %(path)r %(status)d in %(dt_ms).1f ms"
"""One line for each request, which begins with the balancer's name for it: so that a request can
be followed from the balancer's event log to here. `-` is somebody who came without a balancer.
The path is quoted, because a client chooses it: a line break in it must not begin another line."""


def serve(recommender: Recommender, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        RecommenderError: if there is no model to serve or the port is taken.
    """
    model = recommender.model.load(settings.model_file)
    require_free_port(settings.host, settings.port)
    print(
        f"{recommender.name}: {model.name} from {settings.model_file}, {len(model.users)} users,"
        f" {len(model.movie_ids)} films; variant {settings.variant};"
        f" http://{settings.host}:{settings.port}",
        flush=True,
    )
    Granian(
        target=recommender.package,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
        workers_kill_timeout=STOP_WITHIN,
        log_level=LogLevels.warning,
        log_access=True,
        log_access_format=ACCESS_LINE,
    ).serve(target_loader=partial(load_app, recommender, settings), wrap_loader=False)


def load_app(recommender: Recommender, settings: Settings) -> WSGIApplication:
    """Return the application, in the worker process."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    logging.getLogger(ACCESS_LOG).addFilter(is_worth_a_line)
    model = recommender.model.load(settings.model_file)
    return recommender.create_app(model, settings.variant)


def is_worth_a_line(request: logging.LogRecord) -> bool:
    """Whether a request goes into the access log: any but a health check that found us well.

    Those come every second or two, for ever, and would bury the visitors.
    """
    about = request.args
    if not isinstance(about, dict):
        return True
    return (about["path"], about["status"]) != ("/healthz", HTTPStatus.OK)


def end_with_parent() -> None:
    """End this worker if its parent is killed outright, or it would keep the port for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def require_free_port(host: str, port: int) -> None:
    """Refuse a port that is taken: granian would share it (SO_REUSEPORT), half the requests each.

    Raises:
        RecommenderError: if the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if sys.platform != "win32":
            # Ports of connections just closed are free; on Windows this would mean "steal".
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise RecommenderError(
                f"Nothing can listen on {host}:{port} ({error.strerror or error}). Stop what does,"
                " or set LAB_PORT (and LAB_HOST) to another address."
            ) from error
