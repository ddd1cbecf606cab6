"""The A/B test: a plan, the checks that may stop it, the analysis by users, the decision.

Knows DataFrames, and nothing of Docker, HTTP or files.
"""

from lab_utils.experiment.analysis import Experiment, Result
from lab_utils.experiment.checks import Check, VariantCount
from lab_utils.experiment.comparison import Comparison
from lab_utils.experiment.decision import Decision, Finding, undecidable
from lab_utils.experiment.errors import (
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
    SampleRatioMismatch,
    TooFewForQuantile,
    TooFewUnits,
    UnitMismatch,
    UnknownVariant,
)
from lab_utils.experiment.metrics import Metric, Proportion, Quantile, Rate, Ratio
from lab_utils.experiment.sample_ratio import SampleRatio

__all__ = [
    "BadOutcome",
    "BadPlan",
    "BadTimestamps",
    "Check",
    "Comparison",
    "Decision",
    "DuplicateRequests",
    "EmptyVariant",
    "Experiment",
    "ExperimentError",
    "Finding",
    "Metric",
    "MissingColumns",
    "MissingOutcome",
    "MixedAssignment",
    "NoVariation",
    "Proportion",
    "Quantile",
    "Rate",
    "Ratio",
    "Result",
    "SampleRatio",
    "SampleRatioMismatch",
    "TooFewForQuantile",
    "TooFewUnits",
    "UnitMismatch",
    "UnknownVariant",
    "VariantCount",
    "undecidable",
]
