"""`./lab bench chaos`: start a stack of its own, hurt it under load, show and keep the account."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from benchmarks.chaos import account, story
from benchmarks.chaos.account import Account
from benchmarks.chaos.stack import ChaosStack
from benchmarks.chaos.story import BRIEF, FULL, Plan
from lab_utils import demo, docker_engine
from lab_utils.paths import RESULTS
from lab_utils.ports import Ports
from lab_utils.ratings import liked_films

WIDTH = 120


def main(words: Sequence[str], console: Console) -> int:
    """Run the benchmark as the command line says; 1 if a demand was not met."""
    parser = argparse.ArgumentParser(prog="lab bench chaos")
    parser.add_argument("--quick", action="store_true", help="fewer troubles, and shorter")
    options = parser.parse_args(words)
    engine = docker_engine.find()
    stack = ChaosStack(engine, Ports.free(), f"{docker_engine.PROJECT}-chaos")
    for ending in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(ending, signal.default_int_handler)  # as on Ctrl-C: nothing stays behind
    with demo.alone():
        seen = run(stack, BRIEF if options.quick else FULL, console, results_folder=RESULTS)
    return 1 if seen.broken() else 0


def run(stack: ChaosStack, plan: Plan, console: Console, *, results_folder: Path) -> Account:
    """Start the stack, hurt it, show and keep the account, and remove the stack.

    Args:
        stack: not up yet; what a run that was killed has left of it is removed.
        plan: what is done to it.
        console: where the account is shown.
        results_folder: gets `chaos-<date>.txt`.

    Raises:
        LabError: the stack did not start, or did not recover.
    """
    stack.remove()
    try:
        with console.status("starting") as status:

            def say(line: str) -> None:
                status.update(escape(line))

            stack.up(say)
            diary = asyncio.run(story.tell(stack, list(liked_films()), plan, say))
            versions = {
                "Docker Engine": stack.engine.version,
                "Compose": stack.engine.compose_version,
            }
            seen = account.of(diary, stack.event_log(), stack.balancer_log(), versions)
    finally:
        stack.remove()
    seen.show(console)
    path = results_folder / f"chaos-{datetime.now().astimezone():%Y%m%d-%H%M%S}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        seen.show(Console(file=file, width=WIDTH))
    console.print(f"kept: {path}", markup=False)
    return seen
