"""Metrics: what has been counted since the start, in the text format of Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Tally:
    """What became of the requests of one variant at one backend."""

    def __init__(self) -> None:
        self.answers = [0] * 6
        """By class of status: answers[2] counts 200 to 299; answers[0] is never used."""
        self.buckets = [0] * (len(BUCKETS_S) + 1)
        """By latency: how many fell into each bucket; the last has no upper end."""
        self.latency_sum_s = 0.0
        self.failures = 0
        """Times that the backend failed a request: refused, broke off, was silent."""
        self.retries = 0
        """Times that such a request was tried again elsewhere."""

    def observe(self, status: int, latency_s: float) -> None:
        """Count a request that was answered."""
        self.answers[status // 100] += 1
        self.buckets[bisect_left(BUCKETS_S, latency_s)] += 1
        self.latency_sum_s += latency_s

    def add(self, other: Tally) -> None:
        """Count what another has counted, too."""
        self.answers = [mine + its for mine, its in zip(self.answers, other.answers, strict=True)]
        self.buckets = [mine + its for mine, its in zip(self.buckets, other.buckets, strict=True)]
        self.latency_sum_s += other.latency_sum_s
        self.failures += other.failures
        self.retries += other.retries


class Metrics:
    """The counters that requests move, of one worker or of all together."""

    def __init__(self) -> None:
        # By variant and backend; None where a request did not come so far.
        self.tallies: dict[tuple[str | None, str | None], Tally] = {}
        self.outcomes: Counter[tuple[str, int]] = Counter()
        self.in_flight: Counter[str] = Counter()
        """By backend, as it was when somebody asked."""
        self.other: Counter[str] = Counter()
        """What has no variant: `torn_lines`, `write_errors`, `strategy_errors`."""

    def tally(self, variant: str | None, backend: str | None) -> Tally:
        """Where the requests of a variant at a backend are counted."""
        tally = self.tallies.get((variant, backend))
        if tally is None:
            tally = self.tallies[variant, backend] = Tally()
        return tally

    def add(self, other: Metrics) -> None:
        """Count what another has counted, too."""
        for (variant, backend), tally in other.tallies.items():
            self.tally(variant, backend).add(tally)
        self.outcomes.update(other.outcomes)
        self.in_flight.update(other.in_flight)
        self.other.update(other.other)

    def as_json(self) -> dict[str, Any]:
        """Everything, for another process; `from_json` reads it."""
        return {
            "tallies": [[*key, vars(tally)] for key, tally in self.tallies.items()],
            "outcomes": [[*key, count] for key, count in self.outcomes.items()],
            "in_flight": self.in_flight,
            "other": self.other,
        }

    @classmethod
    def from_json(cls, sent: Mapping[str, Any]) -> Metrics:
        """What `as_json` gave."""
        metrics = cls()
        for variant, backend, counted in sent["tallies"]:
            vars(metrics.tally(variant, backend)).update(counted)
        for variant, outcome, count in sent["outcomes"]:
            metrics.outcomes[variant, outcome] = count
        metrics.in_flight.update(sent["in_flight"])
        metrics.other.update(sent["other"])
        return metrics

    def requests(self) -> Counter[str]:
        """Requests answered, by variant; "none" where it did not come to a choice."""
        counts: Counter[str] = Counter()
        for (variant, _), tally in self.tallies.items():
            if total := sum(tally.answers):
                counts[variant or "none"] += total
        return counts


def exposition(
    metrics: Metrics,
    *,
    health: Mapping[tuple[str, str], bool],
    ejections: Mapping[tuple[str, str], int],
    weights: Mapping[str, float],
) -> str:
    """Everything there is to know, for Prometheus to scrape.

    Args:
        metrics: of all workers.
        health: by variant and backend, whether it gets requests.
        ejections: by variant and backend, how often it lost them for failing requests.
        weights: by variant.
    """
    places = {key: _labels(variant=key[0], backend=key[1]) for key in metrics.tallies}
    tallies = [(labels, metrics.tallies[key]) for key, labels in places.items()]
    families = [
        _family(
            "requests_total",
            "counter",
            "Requests answered, by class of status.",
            (
                (_labels(variant=key[0], backend=key[1], status=f"{status}xx"), count)
                for key, tally in metrics.tallies.items()
                for status, count in enumerate(tally.answers)
                if count
            ),
        ),
        _histogram(metrics),
        _family(
            "backend_failures_total",
            "counter",
            "Times that a backend failed a request: refused, broke off, was silent.",
            ((labels, tally.failures) for labels, tally in tallies),
        ),
        _family(
            "retries_total",
            "counter",
            "Times that such a request was tried again elsewhere.",
            ((labels, tally.retries) for labels, tally in tallies),
        ),
        _family(
            "in_flight",
            "gauge",
            "Requests a backend is working on.",
            ((_labels(variant=v, backend=b), metrics.in_flight[b]) for v, b in health),
        ),
        _family(
            "backend_healthy",
            "gauge",
            "1 if the backend gets requests.",
            ((_labels(variant=v, backend=b), int(well)) for (v, b), well in health.items()),
        ),
        _family(
            "ejections_total",
            "counter",
            "Times that a backend lost its requests for failing too many in a row.",
            ((_labels(variant=v, backend=b), count) for (v, b), count in ejections.items()),
        ),
        _family(
            "weight",
            "gauge",
            "The weight of a variant, as it is now.",
            ((_labels(variant=variant), weight) for variant, weight in weights.items()),
        ),
        _family(
            "outcomes_total",
            "counter",
            "Outcomes recorded.",
            (
                (_labels(variant=variant, outcome=str(outcome)), count)
                for (variant, outcome), count in metrics.outcomes.items()
            ),
        ),
        *(
            _family(f"{name}_total", "counter", text, [("", metrics.other[name])])
            for name, text in _OTHERS.items()
        ),
    ]
    return "".join(families)


_OTHERS: Final = {
    "event_log_torn_lines": "Torn lines that were given their end.",
    "event_log_write_errors": "Times that events could not be written.",
    "strategy_errors": "Requests for which your own strategy failed, and sticky stood in.",
}


def _family(name: str, kind: str, text: str, samples: Iterable[tuple[str, float]]) -> str:
    head = f"# HELP balancer_{name} {text}\n# TYPE balancer_{name} {kind}\n"
    return head + "".join(f"balancer_{name}{labels} {value}\n" for labels, value in samples)


def _histogram(metrics: Metrics) -> str:
    name = "request_latency_seconds"
    lines = [_family(name, "histogram", "From a request's head to the end of its answer.", ())]
    for (variant, backend), tally in metrics.tallies.items():
        below = 0
        for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), tally.buckets, strict=True):
            below += count
            labels = _labels(variant=variant, backend=backend, le=bound)
            lines.append(f"balancer_{name}_bucket{labels} {below}\n")
        labels = _labels(variant=variant, backend=backend)
        lines.append(f"balancer_{name}_sum{labels} {tally.latency_sum_s}\n")
        lines.append(f"balancer_{name}_count{labels} {below}\n")
    return "".join(lines)


def _labels(**labels: str | None) -> str:
    # Variants, addresses and numbers: none of them can hold a quote or a backslash.
    return "{" + ",".join(f'{name}="{value or ""}"' for name, value in labels.items()) + "}"
