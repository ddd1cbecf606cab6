"""One metric compared between two groups of users: the numbers every method here returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Interval = tuple[float, float]
"""Low and high end."""

Alternative = Literal["two-sided", "greater", "less"]
"""What a test looks for in treatment minus control: a difference, a gain, a loss."""

NAN = float("nan")


@dataclass(frozen=True)
class Comparison:
    """Treatment against control on one metric; differences are treatment minus control.

    Attributes:
        method: the test and the interval, by name.
        n_control: units (users) in the control group.
        n_treatment: units in the treatment group.
        control: the control group's value, in the metric's unit.
        treatment: the treatment group's value.
        control_interval: confidence interval of `control`.
        treatment_interval: confidence interval of `treatment`.
        difference: treatment minus control, in the metric's unit.
        std_error: standard error of `difference`.
        interval: confidence interval of `difference`.
        statistic: what the p-value was read from; NaN for methods without one.
        df: degrees of freedom; NaN for methods without them.
        p_value: two-sided; how often a difference at least this large would be seen if the
            variants did not differ.
        relative_interval: confidence interval of `relative_difference`; NaN where the method has
            none, such as where control is 0.
        warnings: what a reader of these numbers has to know.
    """

    method: str
    n_control: int
    n_treatment: int
    control: float
    treatment: float
    control_interval: Interval
    treatment_interval: Interval
    difference: float
    std_error: float
    interval: Interval
    statistic: float
    df: float
    p_value: float
    relative_interval: Interval = (NAN, NAN)
    warnings: tuple[str, ...] = ()

    @property
    def relative_difference(self) -> float:
        """`difference` as a share of `control`; NaN where control is 0."""
        return self.difference / self.control if self.control else NAN
