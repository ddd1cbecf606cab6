import pytest

from lab_utils.measurements import container_by_hand
from lab_utils.runtimes import VirtualMachine


@pytest.mark.needs("vm")
def test_each_part_of_a_container_shows_what_it_is(tmp_path):
    with VirtualMachine("tiny", warm=True, folder=tmp_path) as own:
        said = {step.title: step.output.splitlines() for step in container_by_hand(own)}
    assert said["namespaces"][-2:] == ["box", "tiny"]
    assert said["layers"][1:] == ["from the image", "changed", "from the image", "greeting"]
    assert "exit code 137" in said["limits"]
    assert "oom_kill 1" in said["limits"]
    assert said["a container"][-1] == "0::/box"
    assert "box" in said["a container"]
