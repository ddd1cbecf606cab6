"""Metrics: what has been counted since the start, in the text format of Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from balancer.balancer import Balancer

BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters that requests move; the rest is read where it lives when somebody asks."""

    def __init__(self) -> None:
        # Keyed by variant, backend and status class; None where a request did not come so far.
        self.requests: Counter[tuple[str | None, str | None, int]] = Counter()
        self.outcomes: Counter[tuple[str, int]] = Counter()
        # By variant: how many fell into each bucket (the last one has no upper end), and the sum.
        self.latencies: dict[str | None, list[int]] = {}
        self.latency_sums_s: Counter[str | None] = Counter()

    def observe(
        self, variant: str | None, backend: str | None, status: int, latency_s: float
    ) -> None:
        """Count a request that was answered."""
        self.requests[variant, backend, status // 100] += 1
        buckets = self.latencies.get(variant)
        if buckets is None:
            buckets = self.latencies[variant] = [0] * (len(BUCKETS_S) + 1)
        buckets[bisect_left(BUCKETS_S, latency_s)] += 1
        self.latency_sums_s[variant] += latency_s  # type: ignore[assignment] # typeshed: ints


def exposition(balancer: Balancer) -> str:
    """Everything there is to know, for Prometheus to scrape."""
    metrics = balancer.metrics
    backends = [
        (variant, backend) for variant, group in balancer.backends.items() for backend in group
    ]
    families = [
        _family(
            "requests_total",
            "counter",
            "Requests answered, by class of status.",
            (
                (_labels(variant=variant, backend=backend, status=f"{status}xx"), count)
                for (variant, backend, status), count in metrics.requests.items()
            ),
        ),
        _histogram(metrics),
        _family(
            "in_flight",
            "gauge",
            "Requests a backend is working on.",
            ((_labels(variant=v, backend=b.name), b.in_flight) for v, b in backends),
        ),
        _family(
            "backend_healthy",
            "gauge",
            "1 if the backend gets requests.",
            (
                (_labels(variant=v, backend=b.name), int(b.health.healthy is True))
                for v, b in backends
            ),
        ),
        _family(
            "weight",
            "gauge",
            "The weight of a variant, as it is now.",
            ((_labels(variant=variant), weight) for variant, weight in balancer.weights.items()),
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
        _family(
            "event_log_torn_lines_total",
            "counter",
            "Torn lines that were given their end.",
            [("", balancer.event_log.torn_lines)],
        ),
        _family(
            "event_log_write_errors_total",
            "counter",
            "Events that could not be written.",
            [("", balancer.event_log.write_errors)],
        ),
    ]
    return "".join(families)


def _family(name: str, kind: str, text: str, samples: Iterable[tuple[str, float]]) -> str:
    head = f"# HELP balancer_{name} {text}\n# TYPE balancer_{name} {kind}\n"
    return head + "".join(f"balancer_{name}{labels} {value}\n" for labels, value in samples)


def _histogram(metrics: Metrics) -> str:
    name = "request_latency_seconds"
    lines = [_family(name, "histogram", "From a request's head to the end of its answer.", ())]
    for variant, buckets in metrics.latencies.items():
        below = 0
        for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), buckets, strict=True):
            below += count
            lines.append(f"balancer_{name}_bucket{_labels(variant=variant, le=bound)} {below}\n")
        total = metrics.latency_sums_s[variant]
        lines.append(f"balancer_{name}_sum{_labels(variant=variant)} {total}\n")
        lines.append(f"balancer_{name}_count{_labels(variant=variant)} {below}\n")
    return "".join(lines)


def _labels(**labels: str | None) -> str:
    # Variants, addresses and numbers: none of them can hold a quote or a backslash.
    return "{" + ",".join(f'{name}="{value or ""}"' for name, value in labels.items()) + "}"
