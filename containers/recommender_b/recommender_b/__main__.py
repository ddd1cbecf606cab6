"""The command line: `python -m recommender_b train|serve|healthcheck`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

from recommender_b import RecommenderError
from recommender_b.settings import Settings

if TYPE_CHECKING:
    from types import FrameType


def train(settings: Settings) -> None:
    """Learn a model from the ratings and write it."""
    from recommender_b.ratings import read_ratings
    from recommender_b.train import fit

    ratings = read_ratings(settings.data)
    started = time.perf_counter()
    model = fit(ratings)
    seconds = time.perf_counter() - started
    model.save(settings.model_file)
    print(
        f"recommender-b: {model.name} learnt from {len(ratings.values)} ratings of"
        f" {len(ratings.user_ids)} users and {len(ratings.movie_ids)} films in {seconds:.1f} s;"
        f" {settings.model_file}, {settings.model_file.stat().st_size / 1e6:.1f} MB"
    )


def serve(settings: Settings) -> None:
    """Serve the model until told to stop."""
    from recommender_b import server

    server.serve(settings)


def healthcheck(settings: Settings) -> None:
    """End with 0 if the server here is well, else with 1."""
    from recommender_b.healthcheck import is_healthy

    sys.exit(not is_healthy(settings))


# Each imports what it needs when it is called: a health check every few seconds stays cheap.
COMMANDS = {"train": train, "serve": serve, "healthcheck": healthcheck}


def stop(number: int, _frame: FrameType | None) -> NoReturn:
    """End at once: as a container's first process Python would otherwise ignore SIGTERM."""
    sys.exit(128 + number)


def main() -> None:
    """Run one command; what the person at the keyboard can put right ends in one line."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    parser = argparse.ArgumentParser(prog="python -m recommender_b", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    command = COMMANDS[parser.parse_args().command]
    try:
        command(Settings.from_environment(os.environ))
    except RecommenderError as error:
        sys.exit(f"recommender-b: {error}")


if __name__ == "__main__":
    main()
