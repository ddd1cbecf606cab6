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
    Rate,
    Ratio,
    holm,
    risk_ratio,
)


def test_one_visit_a_user_is_a_difference_of_proportions(experiment, make_log):
    row = experiment.analyze(make_log(successes=(490, 90))).table.iloc[0]
    assert (row["control"], row["treatment"]) == (0.7, 0.3)
    assert row["difference"] == pytest.approx(-0.4)
    assert row["method"] == "two-proportion z-test, Newcombe interval"
    assert row["ci_low"] < -0.4 < row["ci_high"] < 0


IDENTITY = ("metric", "unit", "method", "n_control", "n_treatment", "control", "treatment")
EFFECT = ("difference", "std_error", "ci_low", "ci_high")
RELATIVE = ("relative_difference", "rel_ci_low", "rel_ci_high")
TEST = ("statistic", "df", "p_value", "p_adjusted", "significant", "warnings")
COLUMNS = [*IDENTITY, *EFFECT, *RELATIVE, *TEST]


def test_the_table_has_its_columns_in_their_order(experiment, make_log):
    assert experiment.analyze(make_log()).table.columns.tolist() == COLUMNS


def test_each_metric_pays_for_the_others_in_its_adjusted_p_value(experiment, make_log):
    table = experiment.analyze(make_log(successes=(350, 170), failures=(7, 12), slower=1.01)).table
    assert table["p_adjusted"].tolist() == list(holm(table["p_value"]).p_values)
    assert (table["p_adjusted"] > table["p_value"]).any()


def test_a_p_value_that_does_not_exist_is_not_adjusted_into_one(experiment, make_log):
    log = make_log()
    twice = pd.concat([log, log.assign(request_id="again-" + log["request_id"])])
    table = experiment.analyze(twice).table.set_index("metric")
    assert np.isnan(table.loc["error rate", ["p_value", "p_adjusted"]].astype(float)).all()
    assert table["p_adjusted"].notna().sum() == 2


def test_a_relative_interval_of_shares_is_that_of_their_ratio(experiment, make_log):
    row = experiment.analyze(make_log(successes=(350, 170))).table.iloc[0]
    low, high = risk_ratio(350, 700, 170, 300).interval
    assert (row["rel_ci_low"], row["rel_ci_high"]) == (low - 1, high - 1)
    assert row["rel_ci_low"] < row["relative_difference"] < row["rel_ci_high"]


def test_the_relative_interval_of_a_mean_and_of_a_ratio_are_the_same_for_one_visit(make_log):
    log = make_log(successes=(350, 170))
    rows = [
        Experiment(plan={"a": 0.7, "b": 0.3}, control="a", primary=metric)
        .analyze(log)
        .table.iloc[0]
        for metric in (Mean("outcome"), Ratio("outcome"))
    ]
    for end in ("rel_ci_low", "rel_ci_high"):
        assert rows[0][end] == pytest.approx(rows[1][end])


def test_a_quantile_has_a_relative_interval_from_the_same_samples(experiment, make_log):
    row = experiment.analyze(make_log(slower=1.2)).table.iloc[1]
    assert row["relative_difference"] == pytest.approx(0.2, abs=0.01)
    assert row["rel_ci_low"] <= row["relative_difference"] <= row["rel_ci_high"]


def test_nothing_is_relative_to_a_control_of_none(experiment, make_log):
    row = experiment.analyze(make_log(failures=(0, 3))).table.iloc[2]
    assert np.isnan([row["relative_difference"], row["rel_ci_low"], row["rel_ci_high"]]).all()


def test_a_result_draws_its_metrics(experiment, make_log):
    assert "outcome rate +0.0 points" in experiment.analyze(make_log()).plot().caption


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


@pytest.mark.parametrize(
    "given",
    [
        {"primary": "outcome"},
        {"guardrails": Rate("error")},
        {"guardrails": ["error"]},
        {"guardrails": "error"},
    ],
)
def test_what_is_no_metric_is_refused(given):
    sound = {"plan": {"a": 0.7, "b": 0.3}, "control": "a", "primary": Proportion("outcome")}
    with pytest.raises(BadPlan):
        Experiment(**sound | given)


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
        (lambda log: log.assign(before=log["user_id"]), BadCovariate),
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
