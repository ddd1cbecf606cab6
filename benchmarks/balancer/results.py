"""From rounds to figures: medians, ratios to HAProxy, and the file that keeps them all."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.balancer.measure import Round
from benchmarks.balancer.peers import STRAIGHT

YARDSTICK = "haproxy"


@dataclass(frozen=True)
class Figures:
    """One balancer under one load: medians over the rounds. NaN where nothing was measured.

    Attributes:
        peer: the balancer's name.
        shape: the load's name.
        requests_per_s: answered.
        p50_ms: median latency, in milliseconds.
        p99_ms: 99th percentile of the latency, in milliseconds.
        cpu_us: CPU time of the balancer per request, in microseconds.
        busy: the part of its core that the balancer used, 0 to 1. Far below 1, the load
            generator and the backends were the limit, and `requests_per_s` is theirs.
        speed: CPU time per request in HAProxy's units: 1 is HAProxy's, 0.5 needs twice as much.
        throughput: requests per second in HAProxy's units.
        added_ms: p50 minus the p50 straight to a backend, in milliseconds.
        errors: failed connections and bad statuses, of all rounds together.
    """

    peer: str
    shape: str
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    busy: float
    speed: float
    throughput: float
    added_ms: float
    errors: int


def figures(rounds: Sequence[Round]) -> list[Figures]:
    """Medians over the rounds, in the order in which things were first measured.

    A ratio or difference is taken within each round, between neighbours in time, before the
    median is.
    """
    cells = dict.fromkeys((each.shape, each.peer) for each in rounds)
    return [_figures(rounds, shape, peer) for shape, peer in cells]


def requests_per_s(each: Round) -> float:
    """Requests answered per second in one round."""
    return each.reading.requests / each.reading.duration_us * 1e6


def cpu_us(each: Round) -> float:
    """CPU time per request in one round, in microseconds; NaN without a balancer or answers."""
    if each.cpu_s is None or each.reading.requests == 0:
        return math.nan
    return each.cpu_s / each.reading.requests * 1e6


def save(
    path: Path,
    rounds: Sequence[Round],
    *,
    machine: Mapping[str, object],
    left_out: Mapping[str, str],
) -> None:
    """Write everything as JSON: the machine, each round's raw figures, the medians."""
    kept = {
        "machine": machine,
        "left_out": left_out,
        "rounds": [asdict(each) for each in rounds],
        "medians": [_without_nan(asdict(each)) for each in figures(rounds)],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _figures(rounds: Sequence[Round], shape: str, peer: str) -> Figures:
    mine = [each for each in rounds if (each.shape, each.peer) == (shape, peer)]
    pairs = _beside(mine, rounds, YARDSTICK)
    added = [
        (each.reading.p50_us - straight.reading.p50_us) / 1000
        for each, straight in _beside(mine, rounds, STRAIGHT.name)
    ]
    return Figures(
        peer=peer,
        shape=shape,
        requests_per_s=median(requests_per_s(each) for each in mine),
        p50_ms=median(each.reading.p50_us for each in mine) / 1000,
        p99_ms=median(each.reading.p99_us for each in mine) / 1000,
        cpu_us=_median(cpu_us(each) for each in mine),
        busy=_median(_busy(each) for each in mine),
        speed=_median(_over(cpu_us(theirs), cpu_us(each)) for each, theirs in pairs),
        throughput=_median(
            _over(requests_per_s(each), requests_per_s(theirs)) for each, theirs in pairs
        ),
        added_ms=_median(added),
        errors=sum(each.reading.socket_errors + each.reading.bad_statuses for each in mine),
    )


def _beside(mine: Sequence[Round], rounds: Sequence[Round], peer: str) -> list[tuple[Round, Round]]:
    """Each of my rounds with another peer's of the same number and load, where it has one."""
    theirs = {(each.number, each.shape): each for each in rounds if each.peer == peer}
    keys = [(each, (each.number, each.shape)) for each in mine]
    return [(each, theirs[key]) for each, key in keys if key in theirs]


def _busy(each: Round) -> float:
    return math.nan if each.cpu_s is None else each.cpu_s / each.reading.duration_us * 1e6


def _over(above: float, below: float) -> float:
    return above / below if below else math.nan


def _median(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return median(known) if known else math.nan


def _without_nan(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in values.items()
    }
