"""What was measured, in words: the definitions a reader of a report needs, and no more."""

from __future__ import annotations

from collections.abc import Mapping

from lab_utils.experiment import Experiment, Quantile

RECOMMENDERS = {
    "a": "recommender a, in use today; ranks films (truncated SVD, scikit-learn)",
    "b": "recommender b, the challenger; predicts stars (SVD, Surprise) and offers the highest",
}

COLUMNS: Mapping[str, str] = {
    "outcome": (
        "1 if at least one of the ten films offered is one that this user rated 4 stars or more "
        "afterwards, in the last fifth of their ratings, which no recommender has seen; else 0, "
        "and 0 if the request failed. The outcome rate is the share of 1"
    ),
    "latency_ms": (
        "milliseconds from the request's arrival at the balancer until its answer was complete"
    ),
    "error": "1 if the answer had status 400 or more; the error rate is the share of 1",
}


def definitions(experiment: Experiment) -> dict[str, str]:
    """Every word that the report of this experiment uses, by word."""
    control, treatment = experiment.control, experiment.treatment
    words = {
        control: f"the control: {RECOMMENDERS.get(control, 'the variant in use')}",
        treatment: f"the treatment: {RECOMMENDERS.get(treatment, 'the variant under test')}",
        "visit": "one request for ten films by a user of the ratings data, replayed",
    }
    for metric in experiment.metrics:
        if metric.column in COLUMNS:
            words[metric.column] = COLUMNS[metric.column]
        if isinstance(metric, Quantile):
            words[f"p{100 * metric.q:g}"] = (
                f"of 100 requests, {100 * metric.q:g} took this long or less"
            )
    confidence = f"{100 * (1 - experiment.alpha):g}"
    words[f"{confidence}% interval"] = (
        "the true differences that this data fits; made so that of 100 such intervals "
        f"{confidence} hold the true one"
    )
    if experiment.guardrails:
        words["guardrail"] = (
            "a metric that does not decide, but stops a launch if it is shown to be worse by "
            "more than its tolerance, which was set before"
        )
    return words
