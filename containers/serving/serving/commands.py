"""The command line of every recommender: `train`, `serve` and `healthcheck`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

from serving import RecommenderError
from serving.settings import Settings

if TYPE_CHECKING:
    from types import FrameType

    from serving.recommender import Recommender


def train(recommender: Recommender, settings: Settings) -> None:
    """Learn a model from the ratings and write it."""
    from serving.ratings import read_ratings

    ratings, fit = read_ratings(settings.data), recommender.fit
    started = time.perf_counter()
    model = fit(ratings)
    seconds = time.perf_counter() - started
    model.save(settings.model_file)
    print(
        f"{recommender.name}: {model.name} learnt from {len(ratings.values)} ratings of"
        f" {len(ratings.user_ids)} users and {len(ratings.movie_ids)} films in {seconds:.1f} s;"
        f" {settings.model_file}, {settings.model_file.stat().st_size / 1e6:.1f} MB"
    )


def serve(recommender: Recommender, settings: Settings) -> None:
    """Serve the model until told to stop."""
    from serving import server

    server.serve(recommender, settings)


def healthcheck(_recommender: Recommender, settings: Settings) -> None:
    """End with 0 if the server here is well, else with 1."""
    from serving.healthcheck import is_healthy

    sys.exit(not is_healthy(settings))


# Each imports what it needs when it is called: a health check every few seconds stays cheap.
COMMANDS = {"train": train, "serve": serve, "healthcheck": healthcheck}


def stop(number: int, _frame: FrameType | None) -> NoReturn:
    """End at once: as a container's first process Python would otherwise ignore SIGTERM."""
    sys.exit(128 + number)


def main(recommender: Recommender) -> None:
    """Run one command; what the person at the keyboard can put right ends in one line."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    program = f"python -m {recommender.package}"
    about = f"The command line: `{program} {'|'.join(COMMANDS)}`."
    parser = argparse.ArgumentParser(prog=program, description=about)
    parser.add_argument("command", choices=COMMANDS)
    command = COMMANDS[parser.parse_args().command]
    try:
        command(recommender, Settings.from_environment(os.environ, recommender))
    except RecommenderError as error:
        sys.exit(f"{recommender.name}: {error}")
