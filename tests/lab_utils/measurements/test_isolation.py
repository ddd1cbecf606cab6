import pytest

from lab_utils.measurements import panic_beside_host


@pytest.mark.needs("vm")
def test_a_panic_reaches_neither_the_neighbour_nor_the_host(vm):
    found = {each.what: each.value for each in panic_beside_host(vm)}
    assert "Kernel panic" in found["last words"]
    assert found["QEMU's exit code"] == 0
    assert found["neighbour goes on"]
    assert found["host goes on"]
