"""Published and independently computed numbers, from golden_ab.json."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import lab_utils.experiment as ab

GOLDEN = json.loads((Path(__file__).parents[2] / "golden_ab.json").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in GOLDEN["cases"]}

# The single weighings behind the ratio cases, whose golden input holds sums and counts only.
CHICKS = json.loads((Path(__file__).parent / "chick_weights.json").read_text(encoding="utf-8"))


def named(method, functions):
    """The function whose name comes first in the case's method."""
    return functions[min((name for name in functions if name in method), key=method.find)]


INTERVALS = {
    "wilson": ab.wilson_interval,
    "wald": ab.wald_interval,
    "clopper-pearson": ab.clopper_pearson_interval,
}
DIFFERENCES = {
    "newcombe": ab.newcombe_interval,
    "miettinen-nurminen": ab.miettinen_nurminen_interval,
    "pooled": ab.pooled_interval,
    "wald": ab.wald_difference_interval,
    "agresti-caffo": ab.agresti_caffo_interval,
}
TESTS = {
    "fisher": ab.fisher_test,
    "barnard": ab.barnard_test,
    "Yates": lambda *groups, alternative: ab.yates_test(*groups),
    "z-pooled": ab.z_test,
}


def proportion_ci(method, successes, n, confidence):
    low, high = named(method, INTERVALS)(successes, n, 1 - confidence)
    return {"low": low, "high": high}


def groups_of(given):
    """Control first; of groups that are only numbered the second one is the control."""
    old, new = ("_control", "_treatment") if "x_control" in given else ("2", "1")
    return [given[f"{what}{group}"] for group in (old, new) for what in "xn"]


def groups_of_table(table, method):
    """The second group is the control; scipy's example has its groups in columns."""
    (a, b), (c, d) = zip(*table, strict=True) if "barnard" in method else table
    return [c, c + d, a, a + b]


def proportion_diff_ci(method, confidence, **given):
    groups = groups_of(given)
    low, high = named(method, DIFFERENCES)(*groups, 1 - confidence)
    x_control, n_control, x_treatment, n_treatment = groups
    difference = x_treatment / n_treatment - x_control / n_control
    return {"low": low, "high": high, "difference": difference}


def proportion_test(method, alternative="two-sided", **given):
    table = given.get("table")
    groups = groups_of_table(table, method) if table else groups_of(given)
    statistic, p_value = named(method, TESTS)(*groups, alternative=alternative)
    return {
        "statistic": statistic,
        "z": statistic,
        "p_value": p_value,
        "p_value_less": ab.fisher_test(*groups, "less")[1],
        "fisher_p_value": ab.fisher_test(*groups, alternative)[1],
    }


def proportion_effects(confidence, **given):
    groups = groups_of(given)
    x_control, n_control, x_treatment, n_treatment = groups
    alpha = 1 - confidence
    diff_low, diff_high = ab.wald_difference_interval(*groups, alpha)
    risk, odds = ab.risk_ratio(*groups, alpha), ab.odds_ratio(*groups, alpha)
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
    seen = ab.risk_ratio(*groups_of(given), 1 - confidence)
    return {"ratio": seen.ratio, "low": seen.interval[0], "high": seen.interval[1]}


def mean_test(a, b, confidence=0.95):
    seen = ab.welch_test(ab.Sample.of(b), ab.Sample.of(a), 1 - confidence)
    low, high = seen.interval
    return {"t": seen.statistic, "df": seen.df, "p_value": seen.p_value, "low": low, "high": high}


def sample_of_sums(group):
    return ab.Sample.of_sums(group["n"], group["sum"], group["sum_squares"])


def relative_effect(control, treatment, confidence):
    groups = sample_of_sums(control), sample_of_sums(treatment)
    seen = ab.relative_lift(*groups, 1 - confidence)
    return {"relative_lift": seen.difference, **of_difference(seen)}


def equivalence(mean1, mean2, sd1, sd2, n1, n2, bound_raw, alpha, **bound):
    groups = ab.Sample(n2, mean2, sd2**2), ab.Sample(n1, mean1, sd1**2)
    seen = ab.equivalence_test(*groups, -bound_raw, bound_raw, alpha)
    return {
        "t_lower": seen.t_low,
        "p_lower": seen.p_low,
        "t_upper": seen.t_high,
        "p_upper": seen.p_high,
        "df": seen.df,
        "low_90": seen.interval[0],
        "high_90": seen.interval[1],
    }


def rank_test(a, b, alternative):
    seen = ab.mann_whitney_test(b, a, alternative)
    return {"u": seen.u, "p_value": seen.p_value}


def shuffling(a, b, alternative):
    seen = ab.permutation_test(b, a, alternative)
    return {
        "difference": seen.difference,
        "n_permutations": seen.shuffles,
        "p_value": seen.p_value,
    }


def two_rates(events1, exposure1, events2, exposure2):
    seen = ab.rate_test(events2, exposure2, events1, exposure1)
    return {"p_value": seen.p_value, "rate_ratio": seen.ratio}


def of_difference(seen):
    low, high = seen.interval
    error = {"standard_error": seen.std_error, "p_value": seen.p_value}
    return {"difference": seen.difference, "low": low, "high": high, **error}


def weighings(group):
    """The weights of all chicks, and which chick each is of."""
    chicks = CHICKS[group]
    return np.concatenate(chicks), np.arange(len(chicks)).repeat([len(chick) for chick in chicks])


def ratio_metric(method, **given):
    if "control" in given:
        groups = [(given[name]["sums"], given[name]["counts"]) for name in ("control", "treatment")]
        seen = ab.compare_ratios(*groups, 1 - given["confidence"])
        return {"control": seen.control, "treatment": seen.treatment, **of_difference(seen)}
    control, treatment = weighings("control"), weighings("treatment")
    if "cluster" in method:
        return of_difference(ab.cluster_robust_test(control, treatment))
    return of_difference(ab.welch_test(ab.Sample.of(control[0]), ab.Sample.of(treatment[0])))


def covariate(control, treatment, confidence):
    groups = [(group["y"], group["x"]) for group in (control, treatment)]
    seen, ancova = ab.cuped_test(*groups, 1 - confidence), ab.ancova_test(*groups, 1 - confidence)
    return {
        "theta": seen.theta,
        "difference": seen.adjusted.difference,
        "low": seen.adjusted.interval[0],
        "high": seen.adjusted.interval[1],
        "p_value": seen.adjusted.p_value,
        "unadjusted_difference": seen.unadjusted.difference,
        "unadjusted_p_value": seen.unadjusted.p_value,
        "ancova_difference": ancova.difference,
        "ancova_standard_error": ancova.std_error,
    }


def posteriors(prior=(1, 1), posterior_a=None, posterior_b=None, **counts):
    a, b = (
        ab.Posterior(*posterior)
        if posterior
        else ab.Posterior.of(counts[f"successes_{group}"], counts[f"n_{group}"], prior)
        for group, posterior in (("a", posterior_a), ("b", posterior_b))
    )
    seen = ab.compare_posteriors(a, b)
    return {
        "p_b_beats_a": seen.p_treatment_better,
        "expected_loss_choose_a": seen.loss_control,
        "expected_loss_choose_b": seen.loss_treatment,
    }


def simpson(strata):
    tables = {name: list(groups.values()) for name, groups in strata.items()}
    seen = ab.mantel_haenszel(tables)
    (male_in, male_out), (female_in, female_out) = seen.pooled.tolist()
    assert seen.simpson
    return {
        "pooled_male_admitted": male_in,
        "pooled_male_rejected": male_out,
        "pooled_female_admitted": female_in,
        "pooled_female_rejected": female_out,
        "pooled_odds_ratio": seen.pooled_odds_ratio,
        "stratum_odds_ratios": seen.odds_ratios,
        "common_odds_ratio": seen.common_odds_ratio,
        "low": seen.interval[0],
        "high": seen.interval[1],
        "cmh_statistic_corrected": seen.statistic,
        "cmh_p_corrected": seen.p_value,
    }


def multiple_comparisons(method, p_values, **level):
    adjust = {"holm": ab.holm, "benjamini-hochberg": ab.benjamini_hochberg}[method]
    seen = adjust(p_values, *level.values())
    rejected = {"rejected": seen.rejected, "n_rejected": sum(seen.rejected)}
    return {"adjusted": seen.p_values, **rejected}


def peeking(alpha, looks=None, peeks=None):
    if peeks is not None:
        return {"nominal_level": ab.nominal_level(peeks + 1, alpha)}
    return {"false_positive_rate": ab.peeking_rate(looks, alpha)}


def group_sequential(method, looks, alpha):
    if "spending" in method:
        spending = "pocock" if "Pocock" in method else "obrien-fleming"
        return {"bounds": ab.lan_demets_bounds(ab.equal_looks(looks), alpha, spending)}
    return {
        "pocock_z": ab.pocock_bounds(looks, alpha)[-1],
        "pocock_nominal_p": ab.nominal_level(looks, alpha),
        "obf_final_z": ab.obrien_fleming_bounds(looks, alpha)[-1],
    }


def always_valid(alpha, **given):
    if "control" in given:
        groups = sample_of_sums(given["control"]), sample_of_sums(given["treatment"])
        lift = ab.relative_lift(*groups)
        n = sum(group.n for group in groups)
        seen = ab.asymptotic_confidence_sequence(
            lift.difference, lift.std_error, n, given["tuning_n"], alpha
        )
        low, high = seen.interval
        effect = {"relative_lift": lift.difference, "standard_error": lift.std_error}
        return {**effect, "low": low, "high": high}
    seen = ab.mixture_test(given["mean"], given["sigma"], given["n"], given["tau"], alpha)
    return {
        "log_e_value": seen.log_e_value,
        "p_value_at_n": seen.p_value,
        "half_width": seen.half_width,
    }


def srm_sequential(counts, planned, concentration):
    return {"p_value": ab.sequential_sample_ratio(counts, planned, concentration)}


def srm(counts, planned, confidence=0.95):
    found = ab.sample_ratio(counts, planned)
    low, high = ab.share_by_chance(sum(counts), planned[0], 1 - confidence)
    share = counts[0] / sum(counts)
    seen = {"p_value": found.p_value, "srm": found.mismatch}
    return {**seen, "share": share, "low": low, "high": high}


def quantile_ci(p, confidence=0.95, data=None, order_statistics=None):
    if data is not None:
        seen = ab.order_statistic_interval(data, p, *order_statistics)
        return {"low": seen.low, "high": seen.high, "coverage": seen.coverage}
    alpha = 1 - confidence
    return {
        "n_min_two_sided_split": ab.fewest_for_quantile(p, alpha),
        # one end only: all of alpha in that tail
        "n_min_one_sided_upper": ab.fewest_for_quantile(p, 2 * alpha),
    }


def sides(alternative):
    return "two-sided" if alternative == "two-sided" else "one-sided"


def convention(method):
    names = {"arcsine": "arcsine", "Evan Miller": "baseline"}
    return next((name for key, name in names.items() if key in method), "pooled")


def sample_size(method, power, alpha, alternative, **given):
    if "delta" in given:
        size = ab.users_for_means(given["delta"], given["sd"], power, alpha, sides(alternative))
        return {"n_per_group": size.control}
    p_control = given.get("baseline", given.get("p1"))
    p_treatment = given.get("p2", p_control + given.get("mde_absolute", 0))
    size = ab.users_for_proportions(
        p_control, p_treatment, power, alpha, sides(alternative), convention(method)
    )
    return {"n_per_group": size.control, "h": ab.cohens_h(p_control, p_treatment)}


def power(method, alpha, alternative, **given):
    n_control = given.get("n1", given.get("n_per_group"))
    n_treatment = given.get("n2", given.get("n_per_group"))
    terms = (n_control, n_treatment, alpha, sides(alternative))
    if "h" in given:
        return {"power": ab.effect_power(given["h"], *terms)}
    if "delta" in given:
        return {"power": ab.power_of_means(given["delta"], given["sd"], *terms)}
    seen = ab.power_of_proportions(given["p1"], given["p2"], *terms, convention(method))
    return {"power": seen}


def mde(method, n_per_group, p1, power, alpha, alternative):
    terms = (power, alpha, sides(alternative), convention(method))
    return {"p2": ab.detectable_proportion(p1, n_per_group, n_per_group, *terms)}


TOPICS = {
    "always_valid": always_valid,
    "bayes": posteriors,
    "cuped": covariate,
    "design_effect": lambda **given: {"design_effect": ab.design_effect(*given.values())},
    "effect_size": lambda p1, p2: {"h": ab.cohens_h(p1, p2)},
    "equivalence": equivalence,
    "group_sequential": group_sequential,
    "mde": mde,
    "mean_test": mean_test,
    "multiple_comparisons": multiple_comparisons,
    "peeking": peeking,
    "permutation_test": shuffling,
    "power": power,
    "proportion_ci": proportion_ci,
    "proportion_diff_ci": proportion_diff_ci,
    "proportion_effects": proportion_effects,
    "proportion_ratio_ci": proportion_ratio_ci,
    "proportion_test": proportion_test,
    "quantile_ci": quantile_ci,
    "rank_test": rank_test,
    "rate_test": two_rates,
    "ratio_metric": ratio_metric,
    "relative_effect": relative_effect,
    "sample_size": sample_size,
    "simpson": simpson,
    "srm": srm,
    "srm_sequential": srm_sequential,
}
"""How the cases of a topic are put to the public functions."""


def within(case, key, seen):
    """Whether every number is as near as the case allows."""
    expected = case["expected"][key]
    tolerance = case["tolerance"].get(key, case["tolerance"])
    return seen == pytest.approx(expected, abs=tolerance.get("abs", 0), rel=tolerance.get("rel", 0))


@pytest.mark.parametrize("name", CASES)
def test_golden_case(name):
    case = CASES[name]
    compute = TOPICS[case["topic"]]
    given = dict(case["input"])
    if "method" in inspect.signature(compute).parameters:
        given["method"] = case["method"]
    seen = compute(**given)
    for key in case["expected"]:
        assert within(case, key, seen[key]), key


def test_every_kind_of_case_is_computed():
    assert {case["topic"] for case in CASES.values()} == set(TOPICS)
