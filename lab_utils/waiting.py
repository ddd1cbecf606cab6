"""Waiting on conditions, never on a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from lab_utils.errors import LabError

PAUSE = 0.05
"""Seconds between two looks."""


def until(
    missing: Callable[[], str | None],
    *,
    timeout: float,
    doing: str,
    next_step: str,
    details: Callable[[], str] = str,
    pause: float = PAUSE,
) -> None:
    """Wait until `missing()` returns None; what it returns before that says what is missing.

    Args:
        missing: looks once; it may raise a LabError where waiting longer is pointless.
        timeout: seconds to wait at most.
        doing: completes "While ..." in the error.
        next_step: what the error advises.
        details: asked for more to show (a log's last lines) when the time is up.
        pause: seconds between two looks.

    Raises:
        LabError: it was not so within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while (still := missing()) is not None:
        if time.monotonic() > deadline:
            found = f"after {timeout:g} s {still}\n{details()}"
            raise LabError(doing, found, next_step)
        time.sleep(pause)


def answer(url: str, *, timeout: float = 2.0) -> dict[str, Any] | None:
    """The JSON object that a GET of `url` brings with status 200, or None."""
    try:
        response = httpx.get(url, timeout=timeout, trust_env=False)
        body = response.json() if response.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError):
        return None
    return body if isinstance(body, dict) else None
