import pytest

from lab_utils import busy
from lab_utils.errors import LabError


def test_a_second_command_is_refused_with_a_way_out(tmp_path):
    refused = pytest.raises(LabError, match="is at work")
    with busy.alone(tmp_path), refused as caught, busy.alone(tmp_path):
        pass
    assert "LAB_PROJECT" in caught.value.next_step


def test_the_next_one_may_begin_when_the_first_is_done(tmp_path):
    for _ in range(2):
        with busy.alone(tmp_path / "state"):
            assert (tmp_path / "state" / busy.LOCK).exists()
