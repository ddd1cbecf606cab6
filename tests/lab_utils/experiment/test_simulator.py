from functools import partial

import numpy as np
import pandas as pd
import pytest
from balancer.strategies import sticky

from lab_utils.experiment import (
    BadArgument,
    Device,
    Experiment,
    Mean,
    Proportion,
    World,
    intraclass_correlation,
    simulated_log,
    worlds,
)
from lab_utils.experiment.simulator import START


def assigned(salt):
    return partial(sticky, {"a": 70, "b": 30}, salt)


def plan(metric):
    return Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=metric)


def test_the_truth_is_found_again():
    rates = {"a": 0.2, "b": 0.3}
    log = simulated_log(assigned("truth"), rates, users=30_000, visits_per_user=3)
    seen = plan(Proportion("outcome")).analyze(log).primary.comparison
    for value, rate, error in (
        (seen.control, 0.2, seen.control_interval),
        (seen.treatment, 0.3, seen.treatment_interval),
    ):
        assert abs(value - rate) < 2 * (error[1] - error[0])
    assert intraclass_correlation(log["outcome"], log["user_id"]) == pytest.approx(0.1, abs=0.02)


def test_a_user_meets_one_variant_as_the_balancer_has_it():
    log = simulated_log(assigned("spring"), {"a": 0.2, "b": 0.2}, users=300, visits_per_user=4)
    assert log.groupby("user_id")["variant"].nunique().max() == 1
    assert (log["variant"] == log["user_id"].map(assigned("spring"))).all()


def test_another_salt_splits_the_same_users_otherwise():
    logs = [simulated_log(assigned(salt), {"a": 0.2, "b": 0.2}, seed=1) for salt in ("x", "y")]
    assert logs[0].drop(columns="variant").equals(logs[1].drop(columns="variant"))
    assert not logs[0]["variant"].equals(logs[1]["variant"])


@pytest.mark.parametrize(
    "metric", [Proportion("outcome"), Mean("outcome"), Mean("outcome", covariate="before")]
)
def test_the_balancers_own_split_alarms_at_alpha(calibration, metric):
    alarms = []
    for salt in range(calibration.runs(60)):
        log = simulated_log(
            assigned(str(salt)), {"a": 0.2, "b": 0.2}, users=500, visits_per_user=3, seed=salt
        )
        found = plan(metric).analyze(log, on_srm="warn")
        alarms.append(found.primary.comparison.p_value < 0.05)
    calibration.near(alarms, 0.05)


def test_users_come_one_time_and_more():
    log = simulated_log(assigned("v"), {"a": 0.2, "b": 0.2}, users=5_000, visits_per_user=3)
    visits = log["user_id"].value_counts()
    assert visits.min() == 1
    assert visits.mean() == pytest.approx(3, abs=4 * visits.std() / 5_000**0.5)
    assert log["timestamp"].is_monotonic_increasing


def test_a_slow_variant_is_as_much_slower_as_it_was_told():
    log = simulated_log(assigned("slow"), {"a": 0.2, "b": 0.2}, users=20_000, slower={"b": 1.5})
    medians = np.log(log["latency_ms"]).groupby(log["variant"]).mean()
    assert np.exp(medians["b"] - medians["a"]) == pytest.approx(1.5, rel=0.02)


def seeds(calibration, few, **world):
    """Logs of the same world with other users and another split each."""
    world = {"rates": {"a": 0.2, "b": 0.2}, "users": 400, "visits_per_user": 3, **world}
    for seed in range(calibration.runs(few)):
        yield World(**world).visits(assigned(str(seed)), seed=seed)


def around(seen, truth):
    """Whether a truth lies within 4 standard errors of the mean over seeds."""
    seen = np.asarray(seen)
    assert abs(seen.mean() - truth) <= 4 * seen.std(ddof=1) / seen.size**0.5, seen.mean()


def by_variant(visits, column="outcome"):
    return visits.groupby("variant")[column].mean()


def test_rates_and_effect_are_the_told_ones_over_many_seeds(calibration):
    rates = [by_variant(visits) for visits in seeds(calibration, 60, rates={"a": 0.12, "b": 0.15})]
    around([rate["a"] for rate in rates], 0.12)
    around([rate["b"] - rate["a"] for rate in rates], 0.03)


@pytest.mark.parametrize("icc", [0.05, 0.3])
def test_visits_of_one_user_are_as_alike_as_told_over_many_seeds(calibration, icc):
    around(
        [
            intraclass_correlation(visits["outcome"], visits["user_id"])
            for visits in seeds(calibration, 60, icc=icc)
        ],
        icc,
    )


def test_outcomes_come_as_often_as_their_known_chances(calibration):
    told = {"rates": {"a": 0.12, "b": 0.15}, "novelty": {"b": 2.0}}
    off = [
        (visits["outcome"] - visits[f"chance_{name}"])[visits["variant"] == name].mean()
        for visits in seeds(calibration, 40, **told)
        for name in "ab"
    ]
    around(off, 0)


def test_a_novelty_is_there_at_the_first_visit_and_halves():
    world = World({"a": 0.2, "b": 0.2}, visits_per_user=10, novelty={"b": 1.5}, novelty_days=3)
    visits = world.visits(assigned("new"))
    lift = visits["chance_b"] / visits["chance_a"]
    first = visits.groupby("user_id")["timestamp"].transform("min")
    days = (visits["timestamp"] - first) / pd.Timedelta(days=1)
    halving = 1 + 0.5 * 0.5 ** (days / 3)
    clipped = visits["chance_b"] == 1
    assert lift[~clipped].to_numpy() == pytest.approx(halving[~clipped].to_numpy())
    assert lift[days == 0].max() == pytest.approx(1.5)


def test_lines_are_lost_as_often_as_told(calibration):
    lost = [by_variant(visits, "lost") for visits in seeds(calibration, 40, lost={"b": 0.1})]
    around([share["b"] for share in lost], 0.1)
    assert all(share["a"] == 0 for share in lost)


def test_who_waits_too_long_is_gone_without_success_or_line():
    world = World({"a": 0.5, "b": 0.5}, slower={"b": 1.5}, patience_ms=20, visits_per_user=2)
    visits = world.visits(assigned("slow"))
    gone = visits["latency_ms"] > 20
    assert (visits["lost"] == gone).all()
    assert visits.loc[gone, "outcome"].sum() == 0
    assert set(visits.loc[gone, "status"]) == {499}
    assert by_variant(visits, "lost")["b"] > 2 * by_variant(visits, "lost")["a"] > 0


def test_the_log_is_the_visits_that_left_a_line():
    world = World({"a": 0.2, "b": 0.2}, lost={"a": 0.2, "b": 0.2}, visits_per_user=2)
    visits, log = world.visits(assigned("x"), seed=2), world.log(assigned("x"), seed=2)
    assert log["request_id"].tolist() == visits.loc[~visits["lost"], "request_id"].tolist()
    assert "lost" not in log


def test_the_mix_of_devices_drifts_on_a_straight_line(calibration):
    devices = {"phone": Device(0.2, 0.8), "desktop": Device(0.8, 0.2)}
    mixes = []
    for visits in seeds(calibration, 40, devices=devices):
        day = (visits["timestamp"] - pd.Timestamp(START, tz="UTC")) // pd.Timedelta(days=1)
        mixes.append((visits["device"] == "phone").groupby(day).mean())
    for day in (0, 6, 13):
        around([mix[day] for mix in mixes], 0.2 + 0.6 * (day + 0.5) / 14)


def test_a_device_has_rates_and_latency_of_its_own(calibration):
    devices = {
        "phone": Device(0.5, rates={"a": 0.1, "b": 0.1}, slower=2),
        "desktop": Device(0.5, rates={"a": 0.3, "b": 0.4}),
    }
    many = list(seeds(calibration, 40, devices=devices))
    phones = [visits[visits["device"] == "phone"] for visits in many]
    around([each["outcome"].mean() for each in phones], 0.1)
    around([np.log(each["latency_ms"]).mean() for each in phones], np.log(2 * 12))
    desks = [by_variant(visits[visits["device"] == "desktop"]) for visits in many]
    around([each["b"] - each["a"] for each in desks], 0.1)


def test_a_ramp_up_assigns_by_the_rule_of_the_day():
    careful, bold = (partial(sticky, {"a": 100 - b, "b": b}, "ramp") for b in (10, 50))
    visits = World({"a": 0.2, "b": 0.2}).visits({0: careful, 7: bold})
    early = visits["timestamp"] < pd.Timestamp(START, tz="UTC") + pd.Timedelta(days=7)
    rules = np.where(early, visits["user_id"].map(careful), visits["user_id"].map(bold))
    assert (visits["variant"] == rules).all()


def test_other_outcomes_are_moved_by_no_variant(calibration):
    many = seeds(calibration, 40, rates={"a": 0.1, "b": 0.3}, also={"searched": 0.4})
    rates = [by_variant(visits, "searched") for visits in many]
    around([rate["b"] - rate["a"] for rate in rates], 0)
    around([rate["a"] for rate in rates], 0.4)


@pytest.mark.parametrize("world", [worlds.LEAKING, worlds.RAMPING_UP, worlds.ONE_VISIT])
def test_the_truth_is_what_visits_show(calibration, world):
    truth = world.truth()
    found = []
    for seed in range(calibration.runs(10)):
        # the split has a seed of its own, and no cost of hashing
        coin = np.random.default_rng([seed, 1]).random(world.users) < 0.5
        visits = world.visits(lambda user, coin=coin: "ab"[int(coin[int(user)])], seed=seed)
        found.append(visits.groupby(["device", "variant"])["outcome"].mean())
    for device, row in truth.drop("all").iterrows():
        for name in "ab":
            around([each[device, name] for each in found], row[name])
    assert truth.loc["all", "difference"] == pytest.approx(
        (truth["share"] * truth["difference"]).drop("all").sum()
    )


@pytest.mark.parametrize(
    "bad",
    [
        {"users": 0},
        {"icc": 0},
        {"visits_per_user": 0.5},
        {"rates": {"a": 0.2}},
        {"rates": {"a": 0.2, "b": 1.0}},
        {"days": 0},
        {"slower": {"c": 2.0}},
        {"novelty": {"b": 0.0}},
        {"lost": {"b": 1.0}},
        {"patience_ms": 0},
        {"latency_ms": 0},
        {"also": {"searched": 0.0}},
        {"devices": {"phone": Device(0.5)}},
        {"devices": {"phone": Device(0.5, 0.6), "desktop": Device(0.5)}},
        {"devices": {"phone": Device(1.0, rates={"a": 0.1})}},
    ],
)
def test_a_world_that_cannot_be_is_refused(bad):
    with pytest.raises(BadArgument, match="Next: "):
        simulated_log(assigned("bad"), **{"rates": {"a": 0.2, "b": 0.2}, **bad})


def test_a_ramp_up_that_begins_late_is_refused():
    with pytest.raises(BadArgument, match="begin it on day 0"):
        simulated_log({3: assigned("late")}, {"a": 0.2, "b": 0.2})
