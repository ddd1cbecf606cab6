"""A contestant: the lab's own way, in a process of its own. Prints what it found as JSON."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from lab_utils import events
from lab_utils.experiment import Experiment, Proportion, Quantile, Rate

PLAN = {"a": 0.7, "b": 0.3}


def main(path: Path) -> None:
    """From the log to the verdict."""
    experiment = Experiment(
        plan=PLAN,
        control="a",
        primary=Proportion("outcome"),
        guardrails=[Rate("error"), Quantile("latency_ms", 0.95)],
    )
    result = experiment.analyze(events.per_user(path).visits)
    columns = ["control", "treatment", "difference", "std_error", "ci_low", "ci_high", "p_value"]
    shown = result.table.set_index("metric")[columns].T.to_dict()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "verdict": result.decision().verdict,
                "metrics": shown,
                "cpu_s": used.ru_utime + used.ru_stime,
                "peak_mb": used.ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
