"""Published and independently computed numbers, from golden_ab.json."""

import inspect
import json
from pathlib import Path

import pytest

from lab_utils.experiment.design import (
    cohens_h,
    detectable_proportion,
    effect_power,
    power_of_proportions,
    users_for_proportions,
)
from lab_utils.experiment.mean_design import power_of_means, users_for_means
from lab_utils.experiment.proportion_differences import (
    agresti_caffo_interval,
    miettinen_nurminen_interval,
    newcombe_interval,
    odds_ratio,
    pooled_interval,
    risk_ratio,
    wald_difference_interval,
)
from lab_utils.experiment.proportions import (
    barnard_test,
    clopper_pearson_interval,
    fisher_test,
    wald_interval,
    wilson_interval,
    yates_test,
    z_test,
)
from lab_utils.experiment.quantiles import fewest_for_quantile
from lab_utils.experiment.ratios import compare_ratios
from lab_utils.experiment.repeats import design_effect
from lab_utils.experiment.sample_ratio import sample_ratio, share_by_chance

GOLDEN = json.loads((Path(__file__).parents[2] / "golden_ab.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in GOLDEN["cases"]}

TOPICS_NOT_SUPPORTED_YET = {
    "always_valid",
    "bayes",
    "cuped",
    "equivalence",
    "group_sequential",
    "multiple_comparisons",
    "peeking",
    "permutation_test",
    "rank_test",
    "rate_test",
    "relative_effect",
    "simpson",
    "srm_sequential",
}

METHODS_NOT_SUPPORTED_YET = {
    "quantile-ci-conover-upper-quartile",
    "ratio-metric-chickweight-cluster-robust",
    "ratio-metric-chickweight-naive",
}
"""Cases of supported topics that ask for another method of the same thing."""


def named(method, functions):
    """The function whose name comes first in the case's method."""
    return functions[min((name for name in functions if name in method), key=method.find)]


INTERVALS = {
    "wilson": wilson_interval,
    "wald": wald_interval,
    "clopper-pearson": clopper_pearson_interval,
}
DIFFERENCES = {
    "newcombe": newcombe_interval,
    "miettinen-nurminen": miettinen_nurminen_interval,
    "pooled": pooled_interval,
    "wald": wald_difference_interval,
    "agresti-caffo": agresti_caffo_interval,
}
TESTS = {
    "fisher": fisher_test,
    "barnard": barnard_test,
    "Yates": lambda *groups, alternative: yates_test(*groups),
    "z-pooled": z_test,
}


def proportion_ci(method, successes, n, confidence):
    low, high = named(method, INTERVALS)(successes, n, 1 - confidence)
    return {"low": low, "high": high}


def groups_of(given):
    """Control first; of groups that are only numbered the second one is the control."""
    if "table" in given:
        return by_table[given.pop("layout")](given.pop("table"))
    old, new = ("_control", "_treatment") if "x_control" in given else ("2", "1")
    return [given.pop(f"{what}{group}") for group in (old, new) for what in "xn"]


def rows_of(table):
    """Each row a group: its successes and failures; the second row is the control."""
    (a, b), (c, d) = table
    return [c, c + d, a, a + b]


def columns_of(table):
    """Each column a group, as in scipy's example; the second column is the control."""
    (a, b), (c, d) = table
    return [b, b + d, a, a + c]


by_table = {"rows": rows_of, "columns": columns_of}


def proportion_diff_ci(method, confidence, **given):
    groups = groups_of(given)
    low, high = named(method, DIFFERENCES)(*groups, 1 - confidence)
    x_control, n_control, x_treatment, n_treatment = groups
    difference = x_treatment / n_treatment - x_control / n_control
    return {"low": low, "high": high, "difference": difference}


def proportion_test(method, alternative="two-sided", **given):
    layout = "columns" if "barnard" in method else "rows"
    groups = groups_of({"layout": layout, **given})
    statistic, p_value = named(method, TESTS)(*groups, alternative=alternative)
    return {
        "statistic": statistic,
        "z": statistic,
        "p_value": p_value,
        "p_value_less": fisher_test(*groups, "less")[1],
        "fisher_p_value": fisher_test(*groups, alternative)[1],
    }


def proportion_effects(confidence, **given):
    groups = groups_of(given)
    x_control, n_control, x_treatment, n_treatment = groups
    alpha = 1 - confidence
    diff_low, diff_high = wald_difference_interval(*groups, alpha)
    risk, odds = risk_ratio(*groups, alpha), odds_ratio(*groups, alpha)
    return {
        "p1": x_treatment / n_treatment,
        "p2": x_control / n_control,
        "difference": x_treatment / n_treatment - x_control / n_control,
        "diff_low": diff_low,
        "diff_high": diff_high,
        "risk_ratio": risk.ratio,
        "rr_low": risk.interval[0],
        "rr_high": risk.interval[1],
        "odds_ratio": odds.ratio,
        "or_low": odds.interval[0],
        "or_high": odds.interval[1],
    }


def proportion_ratio_ci(confidence, **given):
    seen = risk_ratio(*groups_of(given), 1 - confidence)
    return {"ratio": seen.ratio, "low": seen.interval[0], "high": seen.interval[1]}


def mean_test(a, b, confidence=0.95):
    seen = compare_ratios((b, [1] * len(b)), (a, [1] * len(a)), 1 - confidence)
    low, high = seen.interval
    return {"t": seen.statistic, "df": seen.df, "p_value": seen.p_value, "low": low, "high": high}


def ratio_metric(control, treatment, confidence):
    groups = [(group["sums"], group["counts"]) for group in (control, treatment)]
    seen = compare_ratios(*groups, 1 - confidence)
    return {
        "control": seen.control,
        "treatment": seen.treatment,
        "difference": seen.difference,
        "standard_error": seen.std_error,
        "low": seen.interval[0],
        "high": seen.interval[1],
        "p_value": seen.p_value,
    }


def srm(counts, planned, confidence=0.95):
    found = sample_ratio(counts, planned)
    low, high = share_by_chance(sum(counts), planned[0], 1 - confidence)
    share = counts[0] / sum(counts)
    seen = {"p_value": found.p_value, "srm": found.mismatch}
    return {**seen, "share": share, "low": low, "high": high}


def quantile_ci(p, confidence):
    alpha = 1 - confidence
    return {
        "n_min_two_sided_split": fewest_for_quantile(p, alpha),
        # one end only: all of alpha in that tail
        "n_min_one_sided_upper": fewest_for_quantile(p, 2 * alpha),
    }


def sides(alternative):
    return "two-sided" if alternative == "two-sided" else "one-sided"


def convention(method):
    names = {"arcsine": "arcsine", "Evan Miller": "baseline"}
    return next((name for key, name in names.items() if key in method), "pooled")


def sample_size(method, power, alpha, alternative, **given):
    if "delta" in given:
        size = users_for_means(given["delta"], given["sd"], power, alpha, sides(alternative))
        return {"n_per_group": size.control}
    p_control = given.get("baseline", given.get("p1"))
    p_treatment = given.get("p2", p_control + given.get("mde_absolute", 0))
    size = users_for_proportions(
        p_control, p_treatment, power, alpha, sides(alternative), convention(method)
    )
    return {"n_per_group": size.control, "h": cohens_h(p_control, p_treatment)}


def power(method, alpha, alternative, **given):
    n_control = given.get("n1", given.get("n_per_group"))
    n_treatment = given.get("n2", given.get("n_per_group"))
    terms = (n_control, n_treatment, alpha, sides(alternative))
    if "h" in given:
        return {"power": effect_power(given["h"], *terms)}
    if "delta" in given:
        return {"power": power_of_means(given["delta"], given["sd"], *terms)}
    seen = power_of_proportions(given["p1"], given["p2"], *terms, convention(method))
    return {"power": seen}


def mde(method, n_per_group, p1, power, alpha, alternative):
    terms = (power, alpha, sides(alternative), convention(method))
    return {"p2": detectable_proportion(p1, n_per_group, n_per_group, *terms)}


def effect_size(p1, p2):
    return {"h": cohens_h(p1, p2)}


def visits_effect(cluster_size, icc):
    return {"design_effect": design_effect(cluster_size, icc)}


TOPICS = {
    "design_effect": visits_effect,
    "effect_size": effect_size,
    "mde": mde,
    "power": power,
    "sample_size": sample_size,
    "mean_test": mean_test,
    "proportion_ci": proportion_ci,
    "proportion_diff_ci": proportion_diff_ci,
    "proportion_effects": proportion_effects,
    "proportion_ratio_ci": proportion_ratio_ci,
    "proportion_test": proportion_test,
    "quantile_ci": quantile_ci,
    "ratio_metric": ratio_metric,
    "srm": srm,
}
METHODS = {}

SUPPORTED = [
    name
    for name, case in CASES.items()
    if case["topic"] not in TOPICS_NOT_SUPPORTED_YET and name not in METHODS_NOT_SUPPORTED_YET
]


@pytest.mark.parametrize("name", SUPPORTED)
def test_golden_case(name):
    case = CASES[name]
    compute = METHODS.get(name) or TOPICS[case["topic"]]
    given = dict(case["input"])
    if "method" in inspect.signature(compute).parameters:
        given["method"] = case["method"]
    seen = compute(**given)
    for key in case["expected"]:
        tolerance = case["tolerance"].get(key, case["tolerance"])
        allowed = tolerance.get("abs", 0) + tolerance.get("rel", 0) * abs(case["expected"][key])
        assert abs(seen[key] - case["expected"][key]) <= allowed, key


def test_the_topics_not_supported_yet_are_exactly_the_ones_listed():
    computed = set(TOPICS) | {CASES[name]["topic"] for name in METHODS}
    assert {case["topic"] for case in CASES.values()} - computed == TOPICS_NOT_SUPPORTED_YET


def test_the_methods_not_supported_yet_are_cases_nothing_computes():
    computed = set(METHODS)
    assert set(CASES) - computed >= METHODS_NOT_SUPPORTED_YET
    assert not {CASES[name]["topic"] for name in METHODS_NOT_SUPPORTED_YET} & (
        TOPICS_NOT_SUPPORTED_YET
    )
