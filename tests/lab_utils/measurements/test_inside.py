import pytest

from lab_utils.measurements import seen_inside


def facts(subject):
    return {each.what: each.value for each in seen_inside(subject)}


@pytest.mark.needs("docker", "linux")
def test_a_container_has_its_hosts_kernel_and_is_told_of_its_hosts_memory(container):
    host, inside = facts("process"), facts(container)
    same = ("kernel", "boot id", "memory seen")
    assert [inside[name] for name in same] == [host[name] for name in same]
    assert inside["processes seen"] < host["processes seen"]


@pytest.mark.needs("vm")
def test_a_guest_has_a_kernel_of_its_own_and_is_told_of_its_own_memory(vm):
    host, inside = facts("process"), facts(vm)
    assert inside["boot id"] != host["boot id"]
    assert inside["kernel"] != host["kernel"]
    assert inside["memory seen"] < host["memory seen"]
    assert inside["cpus seen"] == 1
