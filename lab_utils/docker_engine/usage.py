"""What a container uses: the engine's own counts, asked for once."""

from __future__ import annotations

from typing import Any

from docker.models.containers import Container


def memory_of(container: Container) -> int:
    """Bytes its cgroup uses, without file cache that could go, as `docker stats` counts."""
    used = _stats(container)["memory_stats"]
    detail = used["stats"]
    cache = detail.get("inactive_file", detail.get("total_inactive_file", 0))
    return int(used["usage"] - cache)


def cpu_seconds_of(container: Container) -> float:
    """CPU time that it has used so far."""
    return float(_stats(container)["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9


def _stats(container: Container) -> Any:
    return container.stats(stream=False, one_shot=True)
