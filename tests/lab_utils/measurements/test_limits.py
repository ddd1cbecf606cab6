import pytest

from lab_utils.errors import LabError
from lab_utils.measurements import cpu_share, limits_enforced


def facts(subject):
    return {each.what: each.value for each in limits_enforced(subject)}


@pytest.mark.needs("posix")
def test_two_loops_keep_this_machine_busy():
    assert cpu_share("process").value > 0


@pytest.mark.needs("docker")
def test_a_limited_container_gets_no_more_than_its_limit(runtime_project):
    """And a tenth, for the moments before the limit is counted."""
    assert 0 < cpu_share("container", limit=0.2).value < 0.3


@pytest.mark.needs("vm")
def test_two_loops_in_a_guest_have_one_processor(vm):
    """QEMU itself works beside it, but never as much again."""
    assert 0 < cpu_share(vm).value < 2


@pytest.mark.needs("docker")
def test_a_container_that_wants_too_much_is_killed_and_its_neighbours_are_not(runtime_project):
    assert facts("container") == {
        "exit code": 137,
        "killed for memory": True,
        "server goes on": True,
        "processes refused": True,
    }


@pytest.mark.needs("vm")
def test_a_guests_own_kernel_kills_what_wants_too_much(vm):
    assert facts(vm) == {"exit code": 137, "killed for memory": True, "server goes on": True}


def test_a_plain_process_is_not_let_loose_on_this_machine():
    with pytest.raises(LabError, match="nothing limits a plain process"):
        limits_enforced("process")


def test_only_a_container_has_a_limit_of_cores():
    with pytest.raises(LabError, match="limiting the cores of a vm"):
        cpu_share("vm", limit=0.5)
