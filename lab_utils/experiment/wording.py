"""Numbers in words, the same in the verdict, the pictures, the terminal and the report."""

from __future__ import annotations

import math

from lab_utils.experiment.comparison import Interval

MINUS = "\N{MINUS SIGN}"


def value(x: float, measure: str) -> str:
    """A value with its unit: "70.1%", "12.3 ms"."""
    if math.isnan(x):
        return "not estimable"
    if measure == "share":
        return f"{100 * x:.1f}%"
    return f"{_plain(x)} {measure}".strip().replace("-", MINUS)


def difference(x: float, measure: str) -> str:
    """A signed difference with its unit; shares differ by percentage points, not by %."""
    if math.isnan(x):
        return "not estimable"
    shown = (
        f"{100 * x:+.1f} points" if measure == "share" else f"{_plain(x, '+')} {measure}".strip()
    )
    return shown.replace("-", MINUS)


def interval(ends: Interval, measure: str) -> str:
    """Both ends of a difference's interval, the unit said once."""
    low, high = (difference(end, measure) for end in ends)
    return f"{low.split(' ')[0]} to {high}" if "not" not in low else low


def tolerance(x: float, measure: str) -> str:
    """The worsening that a guardrail lets pass: "50 ms", "0 points"."""
    if measure == "share":
        return f"{100 * x:g} point{'' if 100 * x == 1 else 's'}"
    return f"{x:g} {measure}".strip()


def p_value(p: float) -> str:
    """A p-value with as many digits as mean something."""
    if math.isnan(p):
        return "not estimable"
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def how_often(p: float) -> str:
    """A p-value as a frequency: "about 3 in 100 such tests"."""
    if p < 0.001:
        return "fewer than 1 in 1,000 such tests"
    if p < 0.01:
        return f"about {1000 * p:.0f} in 1,000 such tests"
    return f"about {100 * p:.0f} in 100 such tests"


def _plain(x: float, sign: str = "") -> str:
    """About three significant digits, never in powers of ten."""
    digits = 0 if abs(x) >= 100 else 1 if abs(x) >= 10 else 2
    return f"{x:{sign},.{digits}f}"
