import re
from decimal import Decimal

import pandas as pd
import pytest

from lab_utils.errors import LabError
from lab_utils.experiment import (
    BadArgument,
    BadOutcome,
    BadTimestamps,
    DuplicateRequests,
    EmptyVariant,
    Experiment,
    ExperimentError,
    MissingColumns,
    MissingOutcome,
    MixedAssignment,
    NoVariation,
    Outage,
    Proportion,
    SampleRatioMismatch,
    TooFewForQuantile,
    TooFewUnits,
    UnitMismatch,
    UnknownVariant,
)
from lab_utils.experiment.checks import GoOn


def twice(log):
    return pd.concat([log, log.iloc[:3]], ignore_index=True)


def both_variants(log):
    log.loc[log.index[-3:], "user_id"] = "a0"
    return log


def in_two_zones(log):
    times = [at.tz_convert("Asia/Tokyo") if i % 2 else at for i, at in enumerate(log["timestamp"])]
    return log.assign(timestamp=pd.Series(times, dtype=object, index=log.index))


def with_value(column, value, rows=slice(0, 3)):
    def change(log):
        return log.assign(**{column: log[column].mask(log.index.isin(log.index[rows]), value)})

    return change


BROKEN = [
    (lambda log: log.drop(columns="outcome"), MissingColumns),
    (with_value("timestamp", pd.NaT), BadTimestamps),
    (lambda log: log.assign(timestamp="2026-03-01"), BadTimestamps),
    (lambda log: log.assign(timestamp=log["timestamp"].dt.tz_localize(None)), BadTimestamps),
    (in_two_zones, BadTimestamps),
    (twice, DuplicateRequests),
    (lambda log: log[log["variant"] == "a"], EmptyVariant),
    (with_value("variant", "c"), UnknownVariant),
    (both_variants, MixedAssignment),
    (with_value("outcome", float("nan")), MissingOutcome),
    (with_value("outcome", 0.5), BadOutcome),
    (with_value("outcome", float("inf")), BadOutcome),
    (with_value("latency_ms", float("inf")), BadOutcome),
    (lambda log: log.assign(outcome=log["outcome"].astype(str)), BadOutcome),
    (
        lambda log: log.assign(
            latency_ms=log["latency_ms"].astype(object).mask(log.index < 3, "-")
        ),
        BadOutcome,
    ),
    (lambda log: pd.concat([log, log[["outcome"]]], axis=1), MissingColumns),
    (lambda log: log.rename(columns={"variant": "arm"}), MissingColumns),
    (with_value("outcome", 1, slice(None)), NoVariation),
]


@pytest.mark.parametrize(("spoil", "error"), BROKEN)
def test_each_broken_log_has_a_name(experiment, make_log, spoil, error):
    with pytest.raises(error):
        experiment.analyze(spoil(make_log()))


@pytest.mark.parametrize(
    ("users", "error"),
    [((70, 29), TooFewUnits), ((160, 71), TooFewForQuantile), ((600, 400), SampleRatioMismatch)],
)
def test_too_few_users_and_a_wrong_split_have_names(experiment, make_log, users, error):
    log = make_log(users=users, successes=(30, 15))
    with pytest.raises(error):
        experiment.analyze(log)


def test_rows_taken_for_units_are_named(make_log):
    log = make_log()
    log["user_id"] = log["variant"] + (log.index % 100).astype(str)
    by_request = Experiment(
        plan={"a": 0.7, "b": 0.3}, control="a", primary=Proportion("outcome"), unit="request_id"
    )
    with pytest.raises(UnitMismatch):
        by_request.analyze(log)
    assert "UnitMismatch" in by_request.analyze(log, on_unit="warn").check.warnings[0]


SAME = [
    lambda log: log.sample(frac=1, random_state=1),
    lambda log: log.set_index("user_id", drop=False),
    lambda log: log.set_index(["variant", "user_id"], drop=False),
    lambda log: log.set_index(pd.Index([0] * len(log))),
    lambda log: log.assign(variant=pd.Categorical(log["variant"], ["a", "b", "never served"])),
    lambda log: log.assign(user_id=log["user_id"].astype("category")),
    lambda log: log.assign(user_id=pd.factorize(log["user_id"])[0]),
    lambda log: log.astype({"variant": "string", "user_id": object}),
    lambda log: log.assign(outcome=log["outcome"] == 1),
    lambda log: log.astype({"outcome": "Int64", "latency_ms": "Float64", "status": "Int64"}),
    lambda log: log.assign(outcome=log["outcome"].map(Decimal)),
    lambda log: log.assign(timestamp=log["timestamp"].dt.tz_convert("America/New_York")),
    lambda log: log.drop(columns=["request_id", "timestamp"]),
]
"""The same visits in other tables."""


@pytest.mark.parametrize("change", SAME)
def test_any_table_with_the_columns_will_do(experiment, make_log, change):
    log = make_log(successes=(350, 170), failures=(3, 4))
    plain, changed = (experiment.analyze(table).table for table in (log, change(log)))
    pd.testing.assert_frame_equal(plain.drop(index=1), changed.drop(index=1))
    # users are numbered in the order of their names, and drawn by their numbers
    assert changed.loc[1, "difference"] == plain.loc[1, "difference"]


@pytest.mark.parametrize("kind", ["Int64", "boolean", object])
def test_silence_is_silence_in_any_type(experiment, make_log, kind):
    log = with_value("outcome", pd.NA)(make_log().astype({"outcome": kind}))
    with pytest.raises(MissingOutcome, match="3 of 700 in a"):
        experiment.analyze(log)
    kept = experiment.analyze(log, on_missing="zero").table.loc[0]
    assert (kept["n_control"], kept["control"]) == (700, 347 / 700)


def test_variants_may_be_numbers_and_columns_have_other_names(make_log):
    log = make_log(successes=(350, 170)).assign(variant=lambda log: 1 * (log["variant"] == "b"))
    log = log.rename(columns={"user_id": "customer", "outcome": "bought"})
    log = log[["customer", "variant", "bought"]].assign(status="paid")
    plan = Experiment(
        plan={0: 0.7, 1: 0.3}, control=0, primary=Proportion("bought"), unit="customer"
    )
    assert plan.analyze(log).table.loc[0, "difference"] == pytest.approx(170 / 300 - 0.5)


@pytest.mark.parametrize(
    "go_on", [{"on_srm": "warning"}, {"on_mixed": "warn"}, {"on_missing": 0}, {"on_smr": "warn"}]
)
def test_an_option_that_is_none_is_refused(experiment, make_log, go_on):
    with pytest.raises(BadArgument, match="Next: give one of"):
        experiment.check(make_log(), **go_on)


def test_what_is_no_table_is_refused(experiment, make_log):
    with pytest.raises(BadArgument, match="the log is of type dict"):
        experiment.analyze(make_log().to_dict())


@pytest.mark.parametrize(
    ("spoil", "go_on", "n_control"),
    [
        (twice, {"on_duplicate": "first"}, 700),
        (with_value("variant", "c"), {"on_unknown": "exclude"}, 697),
        (both_variants, {"on_mixed": "exclude"}, 699),
        (both_variants, {"on_mixed": "first"}, 700),
        (with_value("outcome", float("nan")), {"on_missing": "exclude"}, 697),
        (with_value("outcome", float("nan")), {"on_missing": "zero"}, 700),
    ],
)
def test_an_option_lets_you_go_on_knowingly(experiment, make_log, spoil, go_on, n_control):
    result = experiment.analyze(spoil(make_log()), **go_on)
    assert result.table.loc[0, "n_control"] == n_control
    assert f"went on: {next(iter(go_on.values()))!r}" in " ".join(result.check.warnings)


def test_few_users_can_be_looked_at_knowingly(make_log):
    plan = Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=Proportion("outcome"))
    result = plan.analyze(make_log(users=(49, 21), successes=(20, 9)), on_few="warn")
    assert result.check.warnings[0].startswith("TooFewUnits: seen 49 in a, 21 in b")


def test_one_user_cannot_be_compared_even_knowingly(make_log):
    plan = Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=Proportion("outcome"))
    log = make_log(users=(3, 1), successes=(1, 1))
    log = pd.concat([log, log.assign(request_id="again-" + log["request_id"], outcome=0.0)])
    with pytest.raises(TooFewUnits):
        plan.analyze(log, on_few="warn", on_srm="warn")


def test_silence_may_count_as_no_success_but_never_as_no_time(experiment, make_log):
    log = with_value("latency_ms", float("nan"))(make_log())
    result = experiment.analyze(log, on_missing="zero")
    assert result.table.loc[1, "n_control"] == 697


def test_a_mixed_user_is_credited_to_the_variant_met_first(experiment, make_log):
    result = experiment.analyze(both_variants(make_log()), on_mixed="first")
    assert [count.requests for count in result.check.variants] == [700, 297]


def test_a_wrong_split_can_be_looked_at_and_stays_broken(experiment, make_log):
    log = make_log(users=(600, 400))
    assert experiment.analyze(log, on_srm="warn").decision().verdict == "broken"


def test_the_split_is_held_against_the_plan_not_against_equal_shares(experiment, make_log):
    check = experiment.check(make_log(users=(700, 300)))
    assert check.sample_ratio.p_value == pytest.approx(1)
    assert check.ok


def test_a_split_that_one_in_two_hundred_fair_runs_has_is_let_pass(experiment, make_log):
    check = experiment.check(make_log(users=(660, 340)))
    assert check.sample_ratio.p_value == pytest.approx(0.0058, abs=0.0001)
    assert check.ok


def test_check_lists_every_problem_and_the_counts(experiment, make_log):
    log = with_value("outcome", float("nan"))(twice(make_log(users=(600, 400))))
    check = experiment.check(log)
    names = [type(problem) for problem in check.problems]
    assert names == [DuplicateRequests, SampleRatioMismatch, MissingOutcome]
    assert check.table["users"].tolist() == [597, 400]


def test_rows_out_of_order_only_warn(experiment, make_log):
    check = experiment.check(make_log().iloc[::-1])
    assert check.ok
    assert "order" in check.warnings[0]


def test_requests_without_a_variant_are_left_out_and_told(experiment, make_log):
    result = experiment.analyze(with_value("variant", None)(make_log()))
    assert result.table.loc[0, "n_control"] == 697
    assert result.check.warnings == ("3 requests have no variant and are left out",)


def test_an_empty_log_is_named(experiment, make_log):
    check = experiment.check(make_log().iloc[:0])
    assert [type(problem) for problem in check.problems] == [EmptyVariant]


def test_an_error_says_what_why_and_how_to_go_on(experiment, make_log):
    with pytest.raises(ExperimentError) as caught:
        experiment.analyze(make_log(users=(600, 400)))
    assert isinstance(caught.value, LabError)
    for part in ("600 in a (60.0%, planned 70.0%)", "Why it matters", 'on_srm="warn"'):
        assert part in str(caught.value)


def test_the_log_is_left_as_it_was(experiment, make_log):
    log = make_log()
    before = log.copy()
    experiment.analyze(log)
    pd.testing.assert_frame_equal(log, before)


def test_answers_of_a_stand_in_are_a_warning_that_names_the_variant(experiment, make_log):
    log = make_log().assign(failover=None)
    assert not experiment.check(log).warnings
    log.loc[log.index[log["variant"] == "b"][:5], "failover"] = "a"
    (warning,) = experiment.check(log).warnings
    assert warning.startswith("5 of b's requests were answered by another variant")


@pytest.mark.parametrize("error", ExperimentError.__subclasses__())
def test_every_problem_says_what_was_found_why_it_matters_and_what_to_do(error):
    said = str(error("7 of 9 rows"))
    assert "7 of 9 rows" in said
    assert f"Why it matters: {error.why}" in said
    assert error.option in said
    assert min(len(error.why), len(error.option)) > 20


@pytest.mark.parametrize("error", ExperimentError.__subclasses__())
def test_the_option_an_error_names_is_one_that_exists(error):
    named = re.findall(r"\b(on_\w+)=", error.option)
    assert set(named) <= set(GoOn.__annotations__)


@pytest.mark.parametrize("variant", ["a", "b"])
def test_a_variant_that_was_down_is_no_reason_to_ship_the_other(experiment, make_log, variant):
    log = make_log()
    down = log.index[log["variant"] == variant][::3]
    log.loc[down, ["status", "outcome"]] = 503, 0
    (problem,) = experiment.check(log).problems
    assert isinstance(problem, Outage)
    assert f"{len(down)} of " in problem.observed
    assert f" in {variant}" in problem.observed


def test_a_variant_that_another_answered_for_was_down_as_well(experiment, make_log):
    log = make_log().assign(failover=None)
    log.loc[log.index[log["variant"] == "b"][:100], "failover"] = "a"
    assert [type(each) for each in experiment.check(log).problems] == [Outage]


def test_a_few_failures_are_the_variants_own(experiment, make_log):
    assert experiment.check(make_log(failures=(10, 20))).ok
