import pytest

from lab_utils.measurements import save_and_roll_back, survival


def facts(found):
    return {each.what: each.value for each in found if not each.unit}


@pytest.mark.needs("docker")
def test_a_commit_keeps_files_and_nothing_that_ran(runtime_project):
    assert facts(save_and_roll_back("container")) == {
        "file rolled back": True,
        "process rolled back": False,
        "clock rolled back": False,
    }


@pytest.mark.needs("vm")
def test_a_snapshot_keeps_files_processes_and_the_clock(vm):
    assert facts(save_and_roll_back(vm)) == {
        "file rolled back": True,
        "process rolled back": True,
        "clock rolled back": True,
    }


@pytest.mark.needs("docker")
def test_what_a_container_wrote_survives_all_but_its_removal(engine, runtime_project):
    before = {each.id for each in engine.client.images.list()}
    assert facts(survival("container")) == {
        "restart": True,
        "remove": False,
        "commit": True,
        "volume": True,
    }
    ours = {"label": f"lab={runtime_project}"}
    assert engine.client.volumes.list(filters=ours) == []
    assert {each.id for each in engine.client.images.list()} <= before


@pytest.mark.needs("vm")
def test_what_a_tiny_guest_wrote_survives_in_a_snapshot_alone(vm):
    assert facts(survival(vm)) == {"snapshot": True, "remove": False}
