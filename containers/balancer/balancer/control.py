"""Control: what all workers have to agree on. Weights, and who is healthy.

The workers forward; the control looks names up, probes backends, and tells every worker the same.
With one worker both live in one process and one loop; with several the control has a process of
its own (workers.py), and nothing here is different.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from balancer import __version__
from balancer.backend import Target
from balancer.health import Health, probe
from balancer.metrics import Metrics, exposition
from balancer.names import Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from balancer.rules import Address
    from balancer.settings import Settings

logger = logging.getLogger(__name__)

_HEALTH_WORDS = {None: "unknown", True: "healthy", False: "unhealthy"}
_SHARING_S = 0.1
_LOOK_S = 0.01


class View(NamedTuple):
    """What a worker is told: all of it, each time, so that no message depends on an earlier one."""

    weights: dict[str, float]
    targets: dict[str, list[Target]]
    outcomes: list[tuple[str, int, int]]
    """Variant, outcome, how often; of all workers together."""


class Worker(Protocol):
    """Something that forwards: in this process, or in another."""

    def apply(self, view: View) -> None:
        """Go by this view from the next request on."""

    async def metrics(self) -> Metrics:
        """What it has counted since the start."""


class Place:
    """A backend as the control knows it: where it is, and how it is."""

    def __init__(self, name: str, host: str, port: int, health: Health) -> None:
        self.name = name
        self.host = host
        self.port = port
        self.health = health
        self.probing: asyncio.Task[None] | None = None


class Control:
    """The one that decides.

    Args:
        settings: as loaded.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.weights = settings.weights
        self.workers: list[Worker] = []
        self.outcomes: Counter[tuple[str, int]] = Counter()
        """Told by workers of other processes, for strategies that learn."""
        self.own = Metrics()
        """What is left of workers that have ended."""
        self._started = monotonic()
        self._sources: dict[str, list[tuple[Address, Name]]] = {
            variant.name: [(address, Name(address.host)) for address in variant.backends]
            for variant in settings.variants
        }
        # Those whose names have not been looked up yet.
        self._unsettled = {
            (variant, address) for variant, all_ in self._sources.items() for address, _ in all_
        }
        self._places: dict[str, dict[str, Place]] = {name: {} for name in self._sources}
        self._tasks: list[asyncio.Task[None]] = []
        self._sharing: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to look names up and to probe."""
        for variant, sources in self._sources.items():
            for address, name in sources:
                following = self._follow(variant, address, name)
                self._tasks.append(asyncio.get_running_loop().create_task(following))

    async def first_verdicts(self) -> None:
        """Wait until every backend has been asked once, or for as long as one question may take.

        Whoever came before that would be told that nobody is healthy.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.settings.health.timeout_s):
                while not self._all_asked():
                    await asyncio.sleep(_LOOK_S)

    def stop(self) -> None:
        """End all that was started."""
        for places in self._places.values():
            self._tasks += [each.probing for each in places.values() if each.probing]
        for task in self._tasks:
            task.cancel()
        if self._sharing is not None:
            self._sharing.cancel()

    async def set_weights(self, weights: dict[str, float]) -> None:
        """Split by these weights; every worker does when this returns."""
        before, self.weights = self.weights, weights
        self.tell()
        logger.info("weights: %s, before that %s", in_words(weights), in_words(before))
        await self._metrics()  # who has answered a later question has heard this

    def failing(self, name: str, why: str) -> None:
        """A worker's requests fail at a backend: it is ejected until probes speak for it again."""
        for places in self._places.values():
            if name in places and places[name].health.eject(why):
                logger.info("backend %s is ejected: %s", name, why)
                self.tell()

    def learnt(self, variant: str, outcome: int) -> None:
        """A worker of another process has recorded an outcome: soon all will know."""
        self.outcomes[variant, outcome] += 1
        if self._sharing is None:
            self._sharing = asyncio.get_running_loop().call_later(_SHARING_S, self._share)

    def tell(self) -> None:
        """Tell every worker how things are."""
        view = self.view()
        for worker in self.workers:
            worker.apply(view)

    def view(self) -> View:
        """How things are."""
        targets = {
            variant: [
                Target(each.name, each.host, each.port, each.health.healthy is True)
                for each in places.values()
            ]
            for variant, places in self._places.items()
        }
        outcomes = [(variant, outcome, n) for (variant, outcome), n in self.outcomes.items()]
        return View(self.weights, targets, outcomes)

    async def status(self) -> dict[str, Any]:
        """What there is to see; times in seconds."""
        settings, metrics = self.settings, await self._metrics()
        return {
            "version": __version__,
            "uptime_s": round(monotonic() - self._started, 3),
            "workers": len(self.workers),
            "strategy": settings.strategy,
            "backend_strategy": settings.backend_strategy,
            "when_variant_is_down": settings.when_variant_is_down,
            "salt": settings.salt,
            "variants": {name: self._variant(name, metrics) for name in self._sources},
            "counts": {"requests": metrics.requests(), "outcomes": _by_variant(metrics.outcomes)},
            "event_log": {
                "path": str(settings.event_log),
                "torn_lines_repaired": metrics.other["event_log_torn_lines"],
                "write_errors": metrics.other["event_log_write_errors"],
            },
            "strategy_errors": metrics.other["strategy_errors"],
        }

    async def exposition(self) -> str:
        """Everything that is counted, for Prometheus."""
        places = [
            (variant, place) for variant, all_ in self._places.items() for place in all_.values()
        ]
        return exposition(
            await self._metrics(),
            health={(v, each.name): each.health.healthy is True for v, each in places},
            ejections={(v, each.name): each.health.ejections for v, each in places},
            weights=self.weights,
        )

    async def _metrics(self) -> Metrics:
        together = Metrics()
        together.add(self.own)
        for metrics in await asyncio.gather(*(worker.metrics() for worker in self.workers)):
            together.add(metrics)
        return together

    def _variant(self, variant: str, metrics: Metrics) -> dict[str, Any]:
        waiting = [
            {"address": str(address), "health": "unhealthy", "detail": name.problem, "in_flight": 0}
            for address, name in self._sources[variant]
            if not name.addresses
        ]
        return {
            "weight": self.weights[variant],
            "planned_weight": self.settings.weights[variant],
            "backends": [
                {
                    "address": place.name,
                    "health": _HEALTH_WORDS[place.health.healthy],
                    "detail": place.health.detail,
                    "in_flight": metrics.in_flight[place.name],
                }
                for place in self._places[variant].values()
            ]
            + waiting,
        }

    def _all_asked(self) -> bool:
        places = [place for each in self._places.values() for place in each.values()]
        known = all(place.health.healthy is not None for place in places)
        return known and not self._unsettled

    async def _follow(self, variant: str, address: Address, name: Name) -> None:
        """Look a name up again and again: a place for each IP address that it leads to."""
        told = ""
        while True:
            await name.refresh()
            if not name.addresses and name.problem != told:
                told = name.problem
                logger.warning("backend %s: %s", address, told)
            if self._settle(variant, address, name):
                self.tell()
            self._unsettled.discard((variant, address))
            await asyncio.sleep(self.settings.health.interval_s)

    def _settle(self, variant: str, address: Address, name: Name) -> bool:
        """Have the places that a name leads to now; true if that changed something."""
        places = self._places[variant]
        if name.lost:
            self._forget_what_others_may_have(places, address, name)
        wanted = {_name_of(address, host): host for host in name.addresses}
        old = {each.name for each in places.values() if _is_of(address, each.name)}
        for gone in old - wanted.keys():
            place = places.pop(gone)
            if place.probing is not None:
                place.probing.cancel()
            logger.info("backend %s is gone: %s no longer leads there", gone, address.host)
        for new in wanted.keys() - old:
            place = Place(new, wanted[new], address.port, Health(self.settings.health))
            places[new] = place
            place.probing = asyncio.get_running_loop().create_task(self._watch(place))
        return old != wanted.keys()

    def _forget_what_others_may_have(
        self, places: dict[str, Place], address: Address, name: Name
    ) -> None:
        """Forget the addresses of a name that is lost, unless they still answer for it.

        A container that dies loses name and address, and the address goes to the next container
        that starts. That may be the other variant's, healthy, and not what was asked for.
        """
        taken = {
            (host, source.port)
            for sources in self._sources.values()
            for source, other in sources
            if not other.lost
            for host in other.addresses
        }
        for host in name.addresses:
            place = places.get(_name_of(address, host))
            if place is None or place.health.doubtful or (host, address.port) in taken:
                name.forget(host)

    async def _watch(self, place: Place) -> None:
        """Probe a place until cancelled, the first time at once."""
        settings = self.settings.health
        while True:
            succeeded, detail = await probe(place.host, place.port, settings)
            if place.health.observe(succeeded=succeeded, detail=detail):
                verdict = "healthy" if succeeded else "unhealthy"
                logger.info("backend %s is %s: %s", place.name, verdict, detail)
                self.tell()
            await asyncio.sleep(settings.interval_s)

    def _share(self) -> None:
        self._sharing = None
        self.tell()


def in_words(weights: Mapping[str, float]) -> str:
    """Weights as the log says them.

    >>> in_words({"a": 70.0, "b": 30.0})
    'a 70, b 30'
    """
    return ", ".join(f"{name} {weight:g}" for name, weight in weights.items())


def _name_of(address: Address, host: str) -> str:
    """What a backend is called: its address, and behind a name also where that leads."""
    return str(address) if host == address.host else f"{address}@{host}"


def _is_of(address: Address, place: str) -> bool:
    return place.partition("@")[0] == str(address)


def _by_variant(outcomes: Mapping[tuple[str, int], int]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for (variant, _), count in outcomes.items():
        counts[variant] += count
    return counts
