"""A contestant: the lab's own way, in a process of its own. Prints what it found as JSON."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from time import perf_counter

from lab_utils import events
from lab_utils.experiment import Experiment, Proportion, Quantile, Rate

PLAN = {"a": 0.7, "b": 0.3}


def main(path: Path) -> None:
    """From the log to the verdict."""
    imported = perf_counter()
    experiment = Experiment(
        plan=PLAN,
        control="a",
        primary=Proportion("outcome"),
        guardrails=[Rate("error"), Quantile("latency_ms", 0.95)],
    )
    visits = events.per_user(path).visits
    read = perf_counter()
    result = experiment.analyze(visits)
    columns = ["control", "treatment", "difference", "std_error", "ci_low", "ci_high", "p_value"]
    shown = result.table.set_index("metric")[columns].T.to_dict()
    verdict = result.decision().verdict
    compared = perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "verdict": verdict,
                "metrics": shown,
                "imported_at": imported,
                "read_at": read,
                "compared_at": compared,
                "cpu_s": used.ru_utime + used.ru_stime,
                "peak_mb": used.ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
