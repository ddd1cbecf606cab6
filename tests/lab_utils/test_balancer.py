import pytest

from lab_utils import balancer
from lab_utils.errors import LabError
from lab_utils.ports import Ports


def test_the_planned_split_is_the_weights_as_shares(process_stack):
    assert balancer.planned_split(process_stack.ports) == {"a": 0.7, "b": 0.3}


def test_a_balancer_that_is_not_there_is_told():
    with pytest.raises(LabError, match="nothing answers at"):
        balancer.status(Ports.free())
