import pytest

from lab_utils.measurements import start_from_snapshot, start_to_first_answer


def test_every_start_is_a_value():
    found = start_to_first_answer("process", starts=2)
    assert len(found.values) == 2
    assert found.unit == "s"
    assert all(value > 0 for value in found.values)


@pytest.mark.needs("docker", "vm")
def test_a_guest_that_boots_is_slower_than_a_container_and_than_one_that_goes_on(runtime_project):
    boot, container = (start_to_first_answer(kind, starts=1) for kind in ("vm", "container"))
    assert boot.median > container.median
    assert boot.median > start_from_snapshot(starts=2).median
