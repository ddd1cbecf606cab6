import numpy as np
import pandas as pd
import pytest

from lab_utils.experiment import BadPlan, Experiment, Proportion, Ratio


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
