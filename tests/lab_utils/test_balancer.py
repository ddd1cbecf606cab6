import pytest

from lab_utils import balancer
from lab_utils.errors import LabError
from lab_utils.ports import Ports


def test_the_planned_split_is_the_weights_as_shares(process_stack):
    assert balancer.planned_split(process_stack.ports) == {"a": 0.7, "b": 0.3}


@pytest.fixture
def said(monkeypatch):
    """A balancer that says what a test puts into its mouth."""
    variants = {
        name: {"weight": weight, "planned_weight": weight}
        for name, weight in (("a", 70), ("b", 30))
    }
    monkeypatch.setattr(balancer, "status", lambda ports: {"variants": variants})
    return variants


def put(said, a, b):
    said["a"]["weight"], said["b"]["weight"] = a, b


def test_weights_changed_before_a_run_are_its_plan_and_noted(said):
    assert balancer.weights(Ports()).note() is None
    put(said, 50, 50)
    assert balancer.planned_split(Ports()) == {"a": 0.5, "b": 0.5}
    assert "changed from 70/30 to 50/50 before this run" in balancer.weights(Ports()).note()


def test_weights_changed_during_a_run_raise_an_alarm(said):
    before = balancer.weights(Ports())
    assert before.alarm(Ports()) is None
    put(said, 50, 50)
    assert "changed from 70/30 to 50/50 during this run" in before.alarm(Ports())


def test_other_weights_of_the_same_ratio_are_no_change(said):
    before = balancer.weights(Ports())
    put(said, 7, 3)
    assert before.alarm(Ports()) is balancer.weights(Ports()).note() is None


def test_a_balancer_that_died_during_a_run_raises_an_alarm(process_stack):
    before = balancer.weights(process_stack.ports)
    assert before.present == before.settings == {"a": 70, "b": 30}
    assert "did not answer" in before.alarm(Ports.free())


def test_a_balancer_that_is_not_there_is_told():
    with pytest.raises(LabError, match="nothing answers at"):
        balancer.status(Ports.free())
