"""One picture of each kind, from logs in which nothing is left to chance but the simulation."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lab_utils import plots
from lab_utils.experiment import (
    Experiment,
    Proportion,
    Quantile,
    Rate,
    World,
    by_exposure,
    frequency,
    permutation_test,
    power_curve,
    simulated_log,
    thompson_runs,
)


@pytest.fixture(scope="session")
def log():
    users = np.arange(1000)
    return pd.DataFrame(
        {
            "user_id": users.astype(str),
            "variant": np.where(users < 700, "a", "b"),
            "outcome": users % 2,
            "latency_ms": np.where(users < 700, 10.0, 20.0) + users / 1000,
            "status": np.where(users % 100 == 7, 502, 200),
            "device": np.where(users % 3, "phone", "desktop"),
        }
    )


@pytest.fixture(scope="session")
def experiment():
    return Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=Proportion("outcome"))


@pytest.fixture(scope="session")
def guarded(experiment):
    guardrails = [Quantile("latency_ms", 0.95, tolerance=50), Rate("error", tolerance=0.02)]
    return replace(experiment, guardrails=guardrails)


@pytest.fixture(scope="session")
def many_days():
    """An A/A test over 14 days; this seed was picked for its false alarms on the way."""
    plan = Experiment(plan={"a": 0.5, "b": 0.5}, control="a", primary=Proportion("outcome"))
    log = simulated_log(lambda user: "ab"[int(user) % 2], {"a": 0.2, "b": 0.2}, seed=29)
    return plan.over_time(log)


@pytest.fixture(scope="session")
def paradox():
    """In each segment b wins, and over all it loses: b has most of the phones."""
    users = {
        ("a", "desktop"): (900, 630),
        ("b", "desktop"): (100, 80),
        ("a", "phone"): (100, 10),
        ("b", "phone"): (900, 180),
    }
    log = pd.concat(
        pd.DataFrame({"variant": variant, "device": device, "outcome": 1.0 * (np.arange(n) < won)})
        for (variant, device), (n, won) in users.items()
    )
    log["user_id"] = np.arange(len(log))
    plan = Experiment(plan={"a": 0.5, "b": 0.5}, control="a", primary=Proportion("outcome"))
    return plan.segments(log, by="device", on_srm="warn")


@pytest.fixture(scope="session")
def fading():
    """A log in which the treatment is liked at first."""
    world = World({"a": 0.2, "b": 0.2}, visits_per_user=8, novelty={"b": 2.0}, days=8)
    plan = Experiment(plan={"a": 0.5, "b": 0.5}, control="a", primary=Proportion("outcome"))
    return by_exposure(plan, world.log(lambda user: "ab"[int(user) % 2], seed=3))


@pytest.fixture(scope="session")
def many_metrics():
    """Twelve metrics of one log, of which b moves one."""
    also = {f"metric {number}": 0.1 + 0.02 * number for number in range(11)}
    world = World({"a": 0.2, "b": 0.3}, also=also)
    plan = Experiment(
        plan={"a": 0.5, "b": 0.5},
        control="a",
        primary=Proportion("outcome"),
        guardrails=[Proportion(name) for name in also],
    )
    return plan.analyze(world.log(lambda user: "ab"[int(user) % 2], seed=1))


PICTURES = {
    "split": lambda get: plots.split(get("experiment").check(get("log"))),
    "effect": lambda get: plots.effect(get("experiment").analyze(get("log"))),
    "forest": lambda get: plots.forest(get("guarded").analyze(get("log"))),
    "latency": lambda get: plots.latency(get("log")),
    "cumulative": lambda get: plots.cumulative(get("many_days")),
    "power": lambda _: plots.power(power_curve(0.44, [0.05, 0.1], range(100, 4001, 100))),
    "p_values": lambda _: plots.p_values(
        {"per request": np.linspace(0, 1, 400) ** 2, "per user": np.linspace(0, 1, 400)}
    ),
    "by_chance": lambda _: plots.by_chance(
        permutation_test(np.arange(400) % 2, np.arange(200) % 3 == 0, shuffles=500), "share"
    ),
    "segments": lambda get: plots.segments(get("experiment").segments(get("log"), by="device")),
    "paradox": lambda get: plots.segments(get("paradox")),
    "exposure": lambda get: plots.exposure(get("fading")),
    "scoreboard": lambda get: plots.scoreboard(get("many_metrics")),
    "frequencies": lambda _: plots.frequencies(
        {
            "peeking every day, each request counted": frequency([True] * 80 + [False] * 120),
            "one look": frequency([True] * 10 + [False] * 190),
        }
    ),
    "bandit": lambda _: plots.bandit(
        {
            "b is better": thompson_runs([[0.1, 0.3]] * 400, runs=40),
            "outcomes come late": thompson_runs([[0.1, 0.3]] * 400, runs=40, delay=200),
        }
    ),
}


@pytest.fixture(scope="session", params=PICTURES)
def picture(request):
    return PICTURES[request.param](request.getfixturevalue)
