import numpy as np
import pandas as pd
import pytest

from lab_utils.experiment import (
    BadCovariate,
    BadPlan,
    Experiment,
    Mean,
    MissingColumns,
    NoVariation,
    Proportion,
    Ratio,
)


def test_one_visit_a_user_is_a_difference_of_proportions(experiment, make_log):
    row = experiment.analyze(make_log(successes=(490, 90))).table.iloc[0]
    assert (row["control"], row["treatment"]) == (0.7, 0.3)
    assert row["difference"] == pytest.approx(-0.4)
    assert row["method"] == "two-proportion z-test, Newcombe interval"
    assert row["ci_low"] < -0.4 < row["ci_high"] < 0


def test_small_counts_turn_to_fisher(experiment, make_log):
    row = experiment.analyze(make_log(successes=(3, 1))).table.iloc[0]
    assert row["method"] == "Fisher exact test, Newcombe interval"


def test_repeat_visits_turn_to_users_by_the_delta_method(experiment, make_log):
    log = make_log()
    again = log.assign(request_id="again-" + log["request_id"])
    once = experiment.analyze(log).table.iloc[0]
    row = experiment.analyze(pd.concat([log, again])).table.iloc[0]
    assert row["method"] == "ratio of sums per user, delta method, Welch's t"
    assert row["n_control"] == 700
    # seeing every user do the same thing twice is no new evidence
    assert row["std_error"] == pytest.approx(once["std_error"], rel=0.01)


def test_a_ratio_takes_any_amount(make_log):
    log = make_log().assign(price=lambda rows: rows["outcome"] * 3.5)
    plan = Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=Ratio("price"))
    assert plan.analyze(log).table.loc[0, "control"] == pytest.approx(1.75)


def test_errors_are_made_from_the_status_and_stay_in(experiment, make_log):
    row = experiment.analyze(make_log(failures=(7, 30))).table.iloc[2]
    assert (row["metric"], row["control"], row["treatment"]) == ("error rate", 0.01, 0.1)


def test_no_errors_at_all_is_no_problem(experiment, make_log):
    row = experiment.analyze(make_log()).table.iloc[2]
    assert row["p_value"] == pytest.approx(1)


def test_no_errors_over_repeat_visits_gives_no_interval_and_says_so(experiment, make_log):
    log = make_log()
    log = pd.concat([log, log.assign(request_id="again-" + log["request_id"])])
    row = experiment.analyze(log).table.iloc[2]
    assert np.isnan(row["ci_low"])
    assert "no interval" in row["warnings"]
    assert not row["significant"]


def test_the_same_log_gives_the_same_numbers(experiment, make_log):
    log = make_log(slower=1.01)
    pd.testing.assert_frame_equal(experiment.analyze(log).table, experiment.analyze(log).table)


def test_the_order_of_rows_does_not_matter(experiment, make_log):
    log = make_log(successes=(490, 120)).drop(columns="timestamp")
    shuffled = log.sample(frac=1, random_state=1)
    exact = ["control", "treatment", "difference"]
    pd.testing.assert_frame_equal(
        experiment.analyze(log).table[exact], experiment.analyze(shuffled).table[exact]
    )


def test_the_other_variant_as_control_turns_the_sign(make_log):
    log = make_log(successes=(490, 90))
    plan = {"a": 0.7, "b": 0.3}
    rows = [
        Experiment(plan=plan, control=name, primary=Proportion("outcome"))
        .analyze(log)
        .table.iloc[0]
        for name in "ab"
    ]
    assert rows[0]["difference"] == -rows[1]["difference"]
    assert rows[0]["ci_low"] == pytest.approx(-rows[1]["ci_high"])


@pytest.mark.parametrize(
    ("plan", "control", "alpha"),
    [
        ({"a": 0.7, "b": 0.4}, "a", 0.05),
        ({"a": 1.0, "b": 0.0}, "a", 0.05),
        ({"a": 1.0}, "a", 0.05),
        ({"a": 0.7, "b": 0.3}, "c", 0.05),
        ({"a": 0.7, "b": 0.3}, "a", 5),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(plan, control, alpha):
    with pytest.raises(BadPlan):
        Experiment(plan=plan, control=control, primary=Proportion("outcome"), alpha=alpha)


def mean_plan(**given):
    return Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=Mean("outcome", **given))


def test_a_mean_per_user_adds_up_what_a_user_did(make_log):
    log = make_log(successes=(350, 90))
    twice = pd.concat([log, log.assign(request_id="again-" + log["request_id"])])
    row = mean_plan().analyze(twice).table.iloc[0]
    assert (row["metric"], row["n_control"], row["n_treatment"]) == ("outcome per user", 700, 300)
    assert (row["control"], row["treatment"]) == (1.0, 0.6)


def test_what_was_known_before_makes_a_mean_sharper(make_log):
    log = make_log(successes=(350, 90))
    noise = np.random.default_rng(1).normal(0, 0.3, len(log))
    log["before"] = log["outcome"] + noise
    plain, sharp = (
        mean_plan(covariate=covariate).analyze(log).table.iloc[0] for covariate in (None, "before")
    )
    assert sharp["method"] == "mean per user, CUPED by before, Welch's t"
    assert sharp["std_error"] < 0.7 * plain["std_error"]


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda log: log, MissingColumns),
        (lambda log: log.assign(before=1.0), BadCovariate),
        (lambda log: log.assign(before=log.index.where(log.index != 3, np.nan)), BadCovariate),
        (lambda log: log.assign(before=range(1_000)), None),
        (lambda log: log.assign(before=range(1_000), outcome=1.0), NoVariation),
    ],
)
def test_a_covariate_is_one_number_per_user(make_log, spoil, error):
    check = mean_plan(covariate="before").check(spoil(make_log()))
    assert [type(problem) for problem in check.problems] == ([error] if error else [])


def test_a_covariate_that_changes_from_visit_to_visit_is_named(make_log):
    log = make_log().assign(before=range(1_000))
    again = log.assign(request_id="again-" + log["request_id"], before=range(1, 1_001))
    with pytest.raises(BadCovariate, match="changes within a user"):
        mean_plan(covariate="before").analyze(pd.concat([log, again]))
