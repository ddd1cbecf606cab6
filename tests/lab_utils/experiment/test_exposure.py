import numpy as np
import pandas as pd
import pytest

from lab_utils.experiment import (
    BadArgument,
    Experiment,
    MissingColumns,
    Proportion,
    SampleRatioMismatch,
    World,
    by_exposure,
)

PLAN = Experiment(plan={"a": 0.5, "b": 0.5}, control="a", primary=Proportion("outcome"))


def even(user):
    return "ab"[int(user) % 2]


@pytest.fixture
def log():
    world = World(
        {"a": 0.2, "b": 0.2}, visits_per_user=8, novelty={"b": 2.0}, novelty_days=1, days=8
    )
    return world.log(even, seed=3)


def test_a_novelty_is_in_the_first_rows_only(log):
    table = by_exposure(PLAN, log, "2D").table
    assert table.loc[0, "ci_low"] > 0
    assert abs(table["difference"].iloc[2:].mean()) < 0.05
    assert table["since"].tolist() == [pd.Timedelta(days=2) * age for age in range(len(table))]


def test_a_row_compares_visits_of_one_age_by_users(log):
    first = log.groupby("user_id")["timestamp"].transform("min")
    young = log[log["timestamp"] - first < pd.Timedelta(days=1)]
    seen = PLAN.analyze(young).primary.comparison
    row = by_exposure(PLAN, log).table.iloc[0]
    assert (row["difference"], row["n_control"]) == (seen.difference, seen.n_control)
    assert (row["ci_low"], row["ci_high"]) == seen.interval


def test_an_age_that_few_have_reached_is_left_out_and_told(log):
    first = log.groupby("user_id")["timestamp"].transform("min")
    old = log["timestamp"] - first >= pd.Timedelta(days=4)
    few = log[~old | log["user_id"].isin([str(n) for n in range(20)])]
    found = by_exposure(PLAN, few, "4D")
    assert len(found.table) == 1
    assert found.left_out["4 days 00:00:00"].startswith("TooFewUnits")


def test_a_wrong_split_stops_it(log):
    lost = (log["variant"] == "b") & (np.arange(len(log)) % 2 == 0)
    gone = log[lost]["user_id"].unique()[::2]
    with pytest.raises(SampleRatioMismatch):
        by_exposure(PLAN, log[~log["user_id"].isin(gone)])


def test_without_times_or_a_width_there_is_no_age(log):
    with pytest.raises(MissingColumns):
        by_exposure(PLAN, log.drop(columns="timestamp"))
    for freq in ("soon", "-1D"):
        with pytest.raises(BadArgument, match="length"):
            by_exposure(PLAN, log, freq)
