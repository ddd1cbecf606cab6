import pytest

from lab_utils.measurements import density, idle_memory, image_size
from lab_utils.runtimes import KINDS


def test_a_process_takes_memory_and_disk():
    assert idle_memory("process").value > 0
    assert image_size("process").value > 0


@pytest.mark.needs("docker", "vm")
def test_a_guest_takes_more_memory_and_disk_than_a_container(vm, container):
    assert idle_memory(vm).value > idle_memory(container).value
    assert image_size("vm").value > image_size("container").value


@pytest.mark.needs("docker", "vm")
def test_fewer_guests_than_containers_than_processes_fit(runtime_project):
    process, container, vm = (density(kind, instances=1).value for kind in KINDS)
    assert process > container > vm
