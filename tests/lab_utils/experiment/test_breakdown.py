import numpy as np
import pandas as pd
import pytest

from lab_utils.experiment import (
    BadArgument,
    Experiment,
    MissingColumns,
    Proportion,
    Quantile,
    Rate,
    SampleRatioMismatch,
    simulated_log,
)

PLAN = Experiment(plan={"a": 0.5, "b": 0.5}, control="a", primary=Proportion("outcome"))


def even(user):
    return "ab"[int(user) % 2]


def world(seed=1, rates=(0.2, 0.2), **more):
    return simulated_log(even, dict(zip("ab", rates, strict=True)), seed=seed, **more)


def test_each_segment_has_a_row_and_pays_for_the_others():
    found = PLAN.segments(world(rates=(0.2, 0.3)), by="device")
    assert found.table["segment"].tolist() == ["desktop", "phone"]
    assert (found.table["p_adjusted"] >= found.table["p_value"]).all()
    assert found.table[["n_control", "n_treatment"]].to_numpy().sum() == 2_000
    assert not found.simpson
    assert found.whole.primary.comparison.n_control == found.table["n_control"].sum()


def test_a_segment_of_few_users_is_left_out_and_told():
    log = world()
    log.loc[log["user_id"].isin(["1", "2", "3", "4"]), "device"] = "fridge"
    found = PLAN.segments(log, by="device")
    assert "fridge" not in found.table["segment"].tolist()
    assert found.left_out["fridge"].startswith("TooFewUnits: seen 2 in a, 2 in b")


def test_a_split_that_is_uneven_within_segments_is_a_paradox_and_is_seen():
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
    assert PLAN.analyze(log).primary.worse
    found = PLAN.segments(log, by="device")
    assert found.simpson
    assert min(found.strata.odds_ratios) > 1
    assert found.left_out["phone"].startswith("SampleRatioMismatch")


def test_the_last_row_over_time_is_the_whole():
    log = world(rates=(0.2, 0.25), visits_per_user=3)
    last = PLAN.over_time(log).table.iloc[-1]
    whole = PLAN.analyze(log).primary.comparison
    assert last["difference"] == whole.difference
    assert (last["ci_low"], last["ci_high"]) == whole.interval


def test_what_may_be_looked_at_every_day_is_wider():
    table = PLAN.over_time(world(), freq="2D").table
    assert (table["valid_low"] < table["ci_low"]).all()
    assert (table["ci_high"] < table["valid_high"]).all()
    assert table["n_control"].is_monotonic_increasing


def test_a_peek_at_every_period_alarms_at_most_at_alpha_by_the_valid_interval(calibration):
    valid, naive = [], []
    for seed in range(min(calibration.runs(40), 400)):
        table = PLAN.over_time(world(seed=seed, users=1_000), freq="2D").table
        valid.append(((table["valid_low"] > 0) | (table["valid_high"] < 0)).any())
        naive.append(((table["ci_low"] > 0) | (table["ci_high"] < 0)).any())
    calibration.at_most(valid, 0.05)
    assert np.mean(naive) > np.mean(valid)


def test_the_past_does_not_change_as_the_log_grows():
    log = world()
    today = log[log["timestamp"] < log["timestamp"].min().ceil("1D") + pd.Timedelta(days=5)]
    then = PLAN.over_time(today).table
    pd.testing.assert_frame_equal(PLAN.over_time(log).table.head(len(then)), then)


def fading(log, days):
    """Half of the treatment's failures of the first days become successes."""
    early = log["timestamp"] < log["timestamp"].min() + pd.Timedelta(days=days)
    helped = early & (log["variant"] == "b") & (log.index % 2 == 0)
    return log.assign(outcome=log["outcome"].where(~helped, 1.0))


def test_an_effect_that_fades_is_seen_as_novelty():
    log = world(visits_per_user=5)
    assert PLAN.over_time(fading(log, 7)).novelty.interval[1] < 0
    assert PLAN.over_time(log).novelty.difference == pytest.approx(0, abs=0.05)


def test_novelty_alarms_at_alpha_with_repeat_visits(calibration):
    seen = [
        PLAN.over_time(world(seed=seed, users=200, visits_per_user=6), "7D").novelty.p_value < 0.05
        for seed in range(min(calibration.runs(40), 400))
    ]
    calibration.near(seen, 0.05)


def test_the_plans_guardrails_do_not_stand_in_the_way():
    plan = Experiment(
        plan={"a": 0.5, "b": 0.5},
        control="a",
        primary=Rate("error"),
        guardrails=[Quantile("latency_ms", 0.99)],
    )
    log = world(users=400).assign(status=np.where(np.arange(400) % 9, 200, 502))
    assert plan.segments(log, by="device").left_out == {}


def test_what_stops_the_whole_stops_its_parts():
    log = simulated_log(lambda user: "aaab"[int(user) % 4], {"a": 0.2, "b": 0.2})
    for broken in (lambda: PLAN.segments(log, by="device"), lambda: PLAN.over_time(log)):
        with pytest.raises(SampleRatioMismatch):
            broken()


def test_what_is_not_in_the_log_is_named():
    log = world()
    with pytest.raises(MissingColumns, match="no column colour"):
        PLAN.segments(log, by="colour")
    with pytest.raises(MissingColumns, match="no column timestamp"):
        PLAN.over_time(log.drop(columns="timestamp"))
    with pytest.raises(BadArgument, match='"1D" or "6h"'):
        PLAN.over_time(log, freq="now and then")
