from dataclasses import replace

import pandas as pd
import pytest

from lab_utils.experiment import Experiment, Proportion, Quantile, Rate, undecidable, wording


@pytest.mark.parametrize(
    ("log", "verdict"),
    [
        ({"successes": (350, 200)}, "ship"),
        ({"successes": (490, 90)}, "don't ship"),
        ({"successes": (350, 155)}, "keep collecting"),
        ({"successes": (350, 200), "slower": 2.0}, "don't ship"),
        ({"successes": (350, 155), "failures": (0, 30)}, "don't ship"),
        ({"successes": (350, 200), "slower": 0.5}, "ship"),
    ],
)
def test_verdicts(experiment, make_log, log, verdict):
    assert experiment.analyze(make_log(**log)).decision().verdict == verdict


def test_the_sentence_holds_rates_users_interval_and_p_value(experiment, make_log):
    sentence = experiment.analyze(make_log(successes=(490, 90))).decision().sentence
    for part in (
        "30.0% in b (300 users)",
        "70.0% in a (700 users)",
        f"{wording.MINUS}40.0 points",
        f"95% interval {wording.MINUS}45.9 to {wording.MINUS}33.6 points",
        "fewer than 1 in 1,000 such tests",
    ):
        assert part in sentence


def test_no_verdict_gives_a_probability_of_the_hypothesis(experiment, make_log):
    for successes in ((490, 90), (350, 155), (350, 200)):
        said = str(experiment.analyze(make_log(successes=successes)).decision()).lower()
        assert "probab" not in said
        assert "if a and b were equally good" in said


@pytest.mark.parametrize(
    ("guardrail", "tolerable"),
    [
        # 5 ms slower; 20 points fewer, whose interval ends 13 points below
        (Quantile("latency_ms", 0.95), 10),
        (Proportion("seen"), 0.15),
    ],
)
def test_a_guardrail_lets_pass_what_its_tolerance_allows(make_log, guardrail, tolerable):
    log = make_log(successes=(350, 200), slower=1.5)
    log["seen"] = (log.index < 490) | ((log.index >= 700) & (log.index < 850))
    verdicts = [
        Experiment(
            plan={"a": 0.7, "b": 0.3},
            control="a",
            primary=Proportion("outcome"),
            guardrails=[replace(guardrail, tolerance=tolerance)],
        )
        .analyze(log)
        .decision()
        .verdict
        for tolerance in (0, tolerable)
    ]
    assert verdicts == ["don't ship", "ship"]


@pytest.mark.parametrize(
    ("slower", "tolerance", "did", "why"),
    [
        (1.0, 5, "held", "all within the tolerance of 5 ms."),
        (2.0, 5, "breached", "all beyond the tolerance of 5 ms."),
        (2.0, 10.95, "could not tell", "which reaches beyond the tolerance of 10.95 ms."),
        (1.0, 0, "could not tell", "which reaches beyond the tolerance of 0 ms."),
    ],
)
def test_a_guardrail_says_whether_it_held_and_its_figure(make_log, slower, tolerance, did, why):
    plan = Experiment(
        plan={"a": 0.7, "b": 0.3},
        control="a",
        primary=Proportion("outcome"),
        guardrails=[Quantile("latency_ms", 0.95, tolerance=tolerance)],
    )
    decision = plan.analyze(make_log(slower=slower)).decision()
    (said,) = decision.guardrails
    assert said.startswith(f"Guardrail p95 of latency_ms {did}: b {wording.MINUS} a is ")
    assert why in said
    assert said in str(decision)
    assert said in decision._repr_markdown_()


def test_a_shipment_says_which_guardrail_is_still_open(make_log):
    plan = Experiment(
        plan={"a": 0.7, "b": 0.3},
        control="a",
        primary=Proportion("outcome"),
        guardrails=[Quantile("latency_ms", 0.95, tolerance=1.0), Rate("error", tolerance=0.05)],
    )
    log = make_log(successes=(350, 200), slower=1.09)
    decision = plan.analyze(log).decision()
    assert decision.verdict == "ship"
    assert "if p95 of latency_ms, which this data leaves open, turned out worse" in str(decision)
    assert "error rate, which" not in str(decision)


@pytest.mark.parametrize(("tolerance", "said"), [(0.0, False), (0.01, False), (0.1, True)])
def test_no_better_and_no_worse_than_allowed_says_both(make_log, tolerance, said):
    plan = Experiment(
        plan={"a": 0.7, "b": 0.3},
        control="a",
        primary=Proportion("outcome", tolerance=tolerance),
    )
    decision = plan.analyze(make_log(successes=(350, 150))).decision()
    assert decision.verdict == "keep collecting"
    assert ("No loss beyond 10 points fits it" in decision.sentence) == said
    assert ("no worse by more than what was allowed" in decision.sentence) == said


def test_a_guardrail_without_an_interval_could_not_tell(make_log):
    log = make_log(users=(100, 100), successes=(50, 50))
    plan = Experiment(
        plan={"a": 0.5, "b": 0.5},
        control="a",
        primary=Proportion("outcome"),
        guardrails=[Rate("error", tolerance=0.01)],
    )
    twice = pd.concat([log, log.assign(request_id="again " + log["request_id"])])
    (said,) = plan.analyze(twice).decision().guardrails
    assert "could not tell" in said
    assert "nothing to hold against the tolerance of 1 point." in said


def test_keep_collecting_says_how_many_users_a_difference_like_this_needs(experiment, make_log):
    decision = experiment.analyze(make_log(successes=(350, 165))).decision()
    # by R: power.prop.test(p1=.5, p2=.55, power=.8) needs 1,565 a group at 50/50, which is
    # 1,565 * 2 * (.5 * .5) / (.7 * .3) = 3,726 in all at 70/30
    assert "about 3,800 users" in decision.would_change
    assert "false alarms" in decision.would_change


def test_too_few_users_means_keep_collecting(experiment, make_log):
    check = experiment.check(make_log(users=(49, 21), successes=(20, 9)))
    decision = undecidable(check.problems)
    assert decision.verdict == "keep collecting"
    assert "49 in a, 21 in b" in decision.sentence


def test_a_wrong_split_means_broken_even_with_too_few_users(experiment, make_log):
    check = experiment.check(make_log(users=(30, 60), successes=(10, 20)))
    assert undecidable(check.problems).verdict == "broken"
