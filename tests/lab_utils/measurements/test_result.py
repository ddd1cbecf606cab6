import json
from dataclasses import replace

import pytest

from lab_utils.measurements import Measurement

START = Measurement(
    "start", "tiny", "vm", (2.5, 2.4, 3.0), "s", "how", "tcg", "a host", "2026-11-25T10:00:00+00:00"
)


def test_the_median_and_the_extremes_of_several_values():
    assert START.median == START.value == 2.5
    assert START.spread == (2.4, 3.0)


@pytest.mark.parametrize("value", [True, "6.12"])
def test_a_fact_has_a_value_and_no_median(value):
    fact = replace(START, values=(value,))
    assert fact.value == value
    with pytest.raises(TypeError, match="is a fact"):
        _ = fact.median


def test_json_keeps_all_of_it():
    assert Measurement.from_json(json.loads(json.dumps(START.to_json()))) == START


def test_provenance_says_whether_it_was_measured_here():
    assert START.provenance == "measured here on 2026-11-25: a host, guest under tcg"
    kept = replace(START, recorded=True, commit="abc1234", accelerator="")
    assert kept.provenance == "recorded at commit abc1234 on 2026-11-25: a host"
