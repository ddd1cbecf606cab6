from lab_utils import measured
from lab_utils.experiment import Experiment, Proportion, Quantile, Ratio


def test_only_the_words_of_this_experiment_are_defined():
    plan = Experiment(plan={"a": 0.5, "b": 0.5}, control="a", primary=Proportion("outcome"))
    assert list(measured.definitions(plan)) == ["a", "b", "visit", "outcome", "95% interval"]


def test_other_variants_metrics_and_levels_have_their_own_words():
    words = measured.definitions(
        Experiment(
            plan={"old": 0.5, "new": 0.5},
            control="old",
            primary=Ratio("clicks"),
            guardrails=[Quantile("latency_ms", 0.5)],
            alpha=0.1,
        )
    )
    assert words["new"] == "the treatment: the variant under test"
    assert words["p50"] == "of 100 requests, 50 took this long or less"
    assert {"90% interval", "guardrail"} < set(words)
    assert "clicks" not in words
