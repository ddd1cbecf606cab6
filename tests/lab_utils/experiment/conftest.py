import math
import os

import numpy as np
import pandas as pd
import pytest

from lab_utils.experiment import Experiment, Proportion, Quantile, Rate

LONG = os.environ.get("LAB_CALIBRATION") == "long"


def pytest_collection_modifyitems(items):
    """The long lane's tests run for minutes each: no time limit may take them for hung."""
    for item in items:
        if LONG and "calibration" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(0))


@pytest.fixture
def experiment():
    return Experiment(
        plan={"a": 0.7, "b": 0.3},
        control="a",
        primary=Proportion("outcome"),
        guardrails=[Quantile("latency_ms", 0.95), Rate("error")],
    )


@pytest.fixture
def make_log():
    """A log with known counts: nothing in it is left to chance but the latency."""

    def make(users=(700, 300), successes=(350, 150), failures=(0, 0), slower=1.0):
        groups = []
        for variant, n, won, failed in zip("ab", users, successes, failures, strict=True):
            order = np.arange(n)
            groups.append(
                pd.DataFrame(
                    {
                        "user_id": [f"{variant}{i}" for i in order],
                        "variant": variant,
                        "outcome": (order < won).astype(float),
                        "status": np.where(order >= n - failed, 502, 200),
                        "latency_ms": 10 + (order * 37 % n) / n,
                    }
                )
            )
        groups[1]["latency_ms"] *= slower
        log = pd.concat(groups, ignore_index=True)
        log.insert(0, "request_id", [f"r{i}" for i in range(len(log))])
        log.insert(1, "timestamp", pd.date_range("2026-03-01", periods=len(log), tz="UTC"))
        return log

    return make


class Calibration:
    """Rates over many runs, held against what was promised.

    A few hundred runs each time; with LAB_CALIBRATION=long many times as many, which find what
    is off by a hundredth.
    """

    times = 40 if LONG else 1

    def runs(self, few):
        return few * self.times

    def error(self, promised, runs):
        return 4 * math.sqrt(promised * (1 - promised) / runs)

    def near(self, seen, promised):
        """Within four standard errors."""
        rate = np.mean(seen)
        assert abs(rate - promised) <= self.error(promised, len(seen)), rate

    def at_most(self, seen, promised):
        """For what is exact or careful, and may alarm less often than promised."""
        assert np.mean(seen) <= promised + self.error(promised, len(seen))


@pytest.fixture
def calibration():
    return Calibration()
