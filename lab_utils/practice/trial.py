"""One balancer to try things with."""

from __future__ import annotations

import inspect
import re
import shutil
import sys
import textwrap
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomli_w

from lab_utils import ports, visits, waiting
from lab_utils.errors import LabError
from lab_utils.ports import HOST, Ports
from lab_utils.practice.backends import BACKENDS, FOLDER, PATIENCE
from lab_utils.processes import Process
from lab_utils.stack import settings
from lab_utils.stack.base import Stack

if TYPE_CHECKING:
    import pandas as pd

NAME = "balancer"
EVENTS = FOLDER / "events.jsonl"
OWN = "strategies/own.py"
"""Where a function of the student's is written, beside the settings."""


class StrategyRefused(LabError):
    """The balancer cannot work with a strategy.

    Attributes:
        why: its reason, in one line.
    """

    def __init__(self, why: str, next_step: str) -> None:
        self.why = why
        super().__init__("starting a balancer with a strategy to try", why, next_step)


@dataclass(frozen=True)
class Trial:
    """A balancer that runs.

    Attributes:
        port: where visitors come.
        admin: where it is asked how it is.
        process: the program.
    """

    port: int
    admin: int
    process: Process

    @property
    def url(self) -> str:
        """What visitors ask."""
        return f"http://{HOST}:{self.port}"

    def status(self) -> dict[str, Any]:
        """Everything it says of itself.

        Raises:
            LabError: it does not answer.
        """
        said = waiting.answer(f"http://{HOST}:{self.admin}/status")
        if said is None:
            raise LabError(
                "asking the practice balancer for its status",
                f"it does not answer; the last it said:\n{self.process.last_lines()}",
                "run the cell that starts it again",
            )
        return said

    def requests(self) -> pd.DataFrame:
        """Its event log so far: a row for each request, with `backend` and `latency_ms`."""
        from lab_utils import events  # with pandas, which starting needs not

        return events.read(EVENTS).requests

    def stop(self) -> None:
        """End it."""
        self.process.stop()


def start_balancer(
    behind: Stack | Mapping[str, Sequence[str]],
    *,
    strategy: str | Callable[..., object] = "sticky",
    weights: Mapping[str, float] | None = None,
    **more: object,
) -> Trial:
    """Start the lab's balancer with other settings than the stack's, and return once it serves.

    Args:
        behind: a stack whose recommenders it asks, or `host:port` of backends by variant.
        strategy: one of the balancer's, or a function of your own: its source is handed over, so
            what it imports has to be imported in it.
        weights: by variant; those of balancer.toml by default.
        more: any other key of balancer.toml: `backend_strategy="least_outstanding"`.

    Raises:
        StrategyRefused: the balancer, which tries a strategy once, cannot work with this one.
        LabError: it refuses another setting, in its own words, or does not come up.
    """
    Process(NAME, FOLDER).stop()
    FOLDER.mkdir(parents=True, exist_ok=True)
    EVENTS.unlink(missing_ok=True)
    place = Trial(ports.free_port(), ports.free_port(), Process(NAME, FOLDER))
    table = tomllib.loads(settings.FILE.read_text("utf-8"))
    table |= {"listen": f"{HOST}:{place.port}", "admin": f"{HOST}:{place.admin}"}
    table |= {"event_log": str(EVENTS), "strategy": _named(strategy), **more}
    table["variants"] = {
        name: {"weight": (weights or {}).get(name, table["variants"][name]["weight"])} | backends
        for name, backends in _backends(behind).items()
    }
    path = FOLDER / "balancer.toml"
    path.write_text(tomli_w.dumps(table), "utf-8")
    words = [sys.executable, "-P", "-m", "balancer", "--config", str(path)]
    place.process.start(words, {})
    _wait_for(place)
    return place


def compare(
    addresses: Sequence[str], strategies: Sequence[str], *, requests: int = 120
) -> pd.DataFrame:
    """The same visitors and backends, with one strategy after the other.

    Returns:
        For each strategy: the mean wait and that of the unluckiest twentieth in milliseconds, and
        what share of the requests the last backend got.
    """
    import pandas as pd

    rows = {}
    for name in strategies:
        trial = start_balancer({"a": addresses}, backend_strategy=name)
        seen = visits.ask(trial.url, range(1, requests + 1))
        rows[name] = {
            "mean wait, ms": round(seen.mean_wait),
            "95 % waited less than, ms": round(seen.wait(0.95)),
            "share of the last": f"{(trial.requests()['backend'] == addresses[-1]).mean():.0%}",
        }
    return pd.DataFrame(rows).T.rename_axis("strategy")


def stop() -> None:
    """End the practice balancer and backends, and remove what they left."""
    for name in (NAME, BACKENDS):
        Process(name, FOLDER).stop()
    shutil.rmtree(FOLDER, ignore_errors=True)


def _wait_for(place: Trial) -> None:
    def missing() -> str | None:
        if place.process.running() is None:
            raise _refusal(place.process.last_lines())
        status = waiting.answer(f"http://{HOST}:{place.admin}/status")
        if status is None:
            return "it does not answer yet"
        backends = [each for one in status["variants"].values() for each in one["backends"]]
        sick = [each["address"] for each in backends if each["health"] == "unknown"]
        return f"it has not asked {', '.join(sick)} yet" if sick else None

    waiting.until(
        missing,
        timeout=PATIENCE,
        doing="starting a balancer to practise with",
        next_step="run the cell again",
        details=place.process.last_lines,
    )


def _refusal(said: str) -> LabError:
    """Why the balancer has ended, from the last it said."""
    if found := re.search(rf"^  strategy: (?:{re.escape(OWN)}:)?(.*)", said, re.MULTILINE):
        return StrategyRefused(found[1], "mend what it says")
    return LabError("starting a balancer to practise with", said, "mend what it says")


def _backends(behind: Stack | Mapping[str, Sequence[str]]) -> dict[str, dict[str, list[str]]]:
    if isinstance(behind, Mapping):
        return {name: {"backends": list(addresses)} for name, addresses in behind.items()}
    where: Ports = behind.ports
    return {name: {"backends": [f"{HOST}:{getattr(where, name)}"]} for name in ("a", "b")}


def _named(strategy: str | Callable[..., object]) -> str:
    """What balancer.toml calls a strategy; the source of a function is written beside it."""
    path = FOLDER / OWN
    shutil.rmtree(path.parent, ignore_errors=True)
    if isinstance(strategy, str):
        return strategy
    path.parent.mkdir()
    advice = "define it with `def` in a cell of its own, and run that cell"
    name = getattr(strategy, "__name__", "")
    if not name.isidentifier():
        raise StrategyRefused("a function without a name, such as a `lambda`", advice)
    try:
        source = textwrap.dedent(inspect.getsource(strategy))
    except (OSError, TypeError) as error:
        raise StrategyRefused(f"its source is not known ({error})", advice) from None
    path.write_text(source, "utf-8")
    return f"{OWN}:{name}"
