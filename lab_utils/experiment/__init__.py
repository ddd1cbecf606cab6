"""The A/B test: a plan, the checks that may stop it, the analysis by users, the decision.

Knows DataFrames, and nothing of Docker, HTTP or files. The statistics can be used by themselves;
`README.md` here lists them.
"""

from lab_utils.experiment.always_valid import (
    AlwaysValid,
    asymptotic_confidence_sequence,
    mixture_test,
    sequential_sample_ratio,
)
from lab_utils.experiment.analysis import (
    Experiment,
    Result,
)
from lab_utils.experiment.bandit_runs import (
    BanditRuns,
    thompson_runs,
)
from lab_utils.experiment.bandits import (
    Replay,
    replay,
)
from lab_utils.experiment.bayes import (
    Bayesian,
    Posterior,
    compare_posteriors,
)
from lab_utils.experiment.breakdown import (
    OverTime,
    Segments,
    over_time,
    segments,
)
from lab_utils.experiment.checks import (
    Check,
    VariantCount,
)
from lab_utils.experiment.clusters import (
    cluster_robust_test,
)
from lab_utils.experiment.comparison import (
    Alternative,
    Comparison,
    Interval,
)
from lab_utils.experiment.cuped import (
    Ancova,
    Cuped,
    ancova_test,
    cuped_test,
)
from lab_utils.experiment.decision import (
    Decision,
    Finding,
    undecidable,
)
from lab_utils.experiment.design import (
    cohens_h,
    days_needed,
    detectable_proportion,
    effect_power,
    power_curve,
    power_of_proportions,
    users_for_effect,
    users_for_proportions,
)
from lab_utils.experiment.errors import (
    BadArgument,
    BadCovariate,
    BadOutcome,
    BadPlan,
    BadTimestamps,
    DuplicateRequests,
    EmptyVariant,
    ExperimentError,
    MissingColumns,
    MissingOutcome,
    MixedAssignment,
    NoVariation,
    Outage,
    SampleRatioMismatch,
    TooFewForQuantile,
    TooFewUnits,
    UnitMismatch,
    UnknownVariant,
)
from lab_utils.experiment.exposure import (
    ByExposure,
    by_exposure,
)
from lab_utils.experiment.group_sequential import (
    crossing_probabilities,
    equal_looks,
    lan_demets_bounds,
    nominal_level,
    obrien_fleming_bounds,
    peeking_rate,
    pocock_bounds,
    spent_alpha,
)
from lab_utils.experiment.many import (
    Adjusted,
    benjamini_hochberg,
    holm,
)
from lab_utils.experiment.mean_design import (
    detectable_difference,
    power_of_means,
    ratio_sd,
    users_for_means,
)
from lab_utils.experiment.means import (
    Equivalence,
    MeanTest,
    Sample,
    compare_means,
    equivalence_test,
    non_inferiority_test,
    relative_lift,
    welch_test,
)
from lab_utils.experiment.metrics import (
    Mean,
    Metric,
    Proportion,
    Quantile,
    Rate,
    Ratio,
)
from lab_utils.experiment.population import (
    Device,
)
from lab_utils.experiment.proportion_differences import (
    Multiple,
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
    compare_proportions,
    fisher_test,
    wald_interval,
    wilson_interval,
    yates_test,
    z_test,
)
from lab_utils.experiment.quantiles import (
    QuantileInterval,
    compare_quantiles,
    fewest_for_quantile,
    order_statistic_interval,
    quantile,
    quantile_interval,
)
from lab_utils.experiment.ranks import (
    PermutationTest,
    RankTest,
    mann_whitney_test,
    permutation_test,
)
from lab_utils.experiment.rates import (
    RateTest,
    rate_test,
)
from lab_utils.experiment.ratios import (
    compare_ratios,
    ratio_of_sums,
)
from lab_utils.experiment.repeats import (
    design_effect,
    intraclass_correlation,
)
from lab_utils.experiment.replications import (
    Frequency,
    Replications,
    ever_crossed,
    family_wise_error,
    frequency,
    looks_taken,
    replicate,
)
from lab_utils.experiment.sample_ratio import (
    SampleRatio,
    sample_ratio,
    share_by_chance,
)
from lab_utils.experiment.sample_size import (
    SampleSize,
)
from lab_utils.experiment.simulator import (
    World,
    simulated_log,
)
from lab_utils.experiment.strata import (
    Strata,
    mantel_haenszel,
)

__all__ = [
    "Adjusted",
    "Alternative",
    "AlwaysValid",
    "Ancova",
    "BadArgument",
    "BadCovariate",
    "BadOutcome",
    "BadPlan",
    "BadTimestamps",
    "BanditRuns",
    "Bayesian",
    "ByExposure",
    "Check",
    "Comparison",
    "Cuped",
    "Decision",
    "Device",
    "DuplicateRequests",
    "EmptyVariant",
    "Equivalence",
    "Experiment",
    "ExperimentError",
    "Finding",
    "Frequency",
    "Interval",
    "Mean",
    "MeanTest",
    "Metric",
    "MissingColumns",
    "MissingOutcome",
    "MixedAssignment",
    "Multiple",
    "NoVariation",
    "Outage",
    "OverTime",
    "PermutationTest",
    "Posterior",
    "Proportion",
    "Quantile",
    "QuantileInterval",
    "RankTest",
    "Rate",
    "RateTest",
    "Ratio",
    "Replay",
    "Replications",
    "Result",
    "Sample",
    "SampleRatio",
    "SampleRatioMismatch",
    "SampleSize",
    "Segments",
    "Strata",
    "TooFewForQuantile",
    "TooFewUnits",
    "UnitMismatch",
    "UnknownVariant",
    "VariantCount",
    "World",
    "agresti_caffo_interval",
    "ancova_test",
    "asymptotic_confidence_sequence",
    "barnard_test",
    "benjamini_hochberg",
    "by_exposure",
    "clopper_pearson_interval",
    "cluster_robust_test",
    "cohens_h",
    "compare_means",
    "compare_posteriors",
    "compare_proportions",
    "compare_quantiles",
    "compare_ratios",
    "crossing_probabilities",
    "cuped_test",
    "days_needed",
    "design_effect",
    "detectable_difference",
    "detectable_proportion",
    "effect_power",
    "equal_looks",
    "equivalence_test",
    "ever_crossed",
    "family_wise_error",
    "fewest_for_quantile",
    "fisher_test",
    "frequency",
    "holm",
    "intraclass_correlation",
    "lan_demets_bounds",
    "looks_taken",
    "mann_whitney_test",
    "mantel_haenszel",
    "miettinen_nurminen_interval",
    "mixture_test",
    "newcombe_interval",
    "nominal_level",
    "non_inferiority_test",
    "obrien_fleming_bounds",
    "odds_ratio",
    "order_statistic_interval",
    "over_time",
    "peeking_rate",
    "permutation_test",
    "pocock_bounds",
    "pooled_interval",
    "power_curve",
    "power_of_means",
    "power_of_proportions",
    "quantile",
    "quantile_interval",
    "rate_test",
    "ratio_of_sums",
    "ratio_sd",
    "relative_lift",
    "replay",
    "replicate",
    "risk_ratio",
    "sample_ratio",
    "segments",
    "sequential_sample_ratio",
    "share_by_chance",
    "simulated_log",
    "spent_alpha",
    "thompson_runs",
    "undecidable",
    "users_for_effect",
    "users_for_means",
    "users_for_proportions",
    "wald_difference_interval",
    "wald_interval",
    "welch_test",
    "wilson_interval",
    "yates_test",
    "z_test",
]
