import pytest

from lab_utils.comparison import record
from lab_utils.errors import LabError
from lab_utils.measurements import load


def test_figures_of_another_machine_are_not_recorded_as_ones_own():
    kept = load()
    assert kept
    with pytest.raises(LabError, match="cannot be measured here"):
        record.keep(kept)
    assert load() == kept
