import pytest

from lab_utils import docker_engine, stack
from lab_utils.errors import LabError
from lab_utils.ports import Ports
from lab_utils.stack import choice
from lab_utils.stack.processes import ProcessStack


@pytest.fixture
def no_engine(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")


def test_without_an_engine_it_is_processes_and_the_reader_is_told(no_engine):
    said = []
    assert stack.choose("auto", said.append).kind == "processes"
    told = " ".join(said)
    for part in ("No Docker Engine", "no isolation", "To have containers"):
        assert part in told


def test_containers_that_are_demanded_are_not_replaced(no_engine):
    with pytest.raises(docker_engine.EngineUnavailable):
        stack.choose("containers", print)


@pytest.mark.needs("docker")
def test_with_an_engine_it_is_containers_without_a_word():
    said = []
    assert stack.choose("auto", said.append).kind == "containers"
    assert said == []


def test_processes_can_be_asked_for_where_an_engine_answers():
    assert stack.choose("processes", print).kind == "processes"


def test_a_stack_that_has_died_is_not_running_and_can_still_be_asked(
    no_engine, monkeypatch, tmp_path
):
    dead = ProcessStack(Ports(), tmp_path)
    (tmp_path / "balancer.json").write_text("{}")
    monkeypatch.setattr(choice, "ProcessStack", lambda ports: dead)
    assert stack.running() is None
    assert stack.present() is dead


@pytest.mark.parametrize("balancer", ["nginx", "haproxy"])
def test_the_industrial_balancers_are_not_replaced_by_processes(no_engine, balancer):
    for kind, way_out in (("auto", "start"), ("processes", "leave --processes out")):
        with pytest.raises(LabError, match="in containers only") as caught:
            stack.choose(kind, print, balancer=balancer)
        assert balancer in caught.value.doing
        assert way_out in caught.value.next_step
        assert "ours runs anywhere" in caught.value.next_step


def test_another_balancer_takes_its_place_in_containers_only(tmp_path):
    said = []
    assert choice.in_its_place(ProcessStack(folder=tmp_path), "nginx", said.append) is None
    assert said == ["nginx runs in a container, and this stack in processes: nothing is changed."]


def test_containers_are_out_of_sight_where_an_engine_does_not_answer(no_engine, monkeypatch):
    monkeypatch.setattr("lab_utils.commands.have", lambda program: True)
    assert "nothing answers at" in stack.unseen().found


def test_nothing_is_out_of_sight_where_there_is_no_docker(no_engine, monkeypatch):
    monkeypatch.setattr("lab_utils.commands.have", lambda program: False)
    assert stack.unseen() is None


@pytest.mark.needs("docker")
def test_what_is_up_is_seen_without_compose_and_only_what_needs_it_says_so(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", docker_engine.find(with_compose=False).address)
    monkeypatch.setattr("lab_utils.commands.have", lambda program: False)
    assert stack.unseen() is None
    *_, up = choice._candidates()
    assert [each.name for each in up.services()]
    with pytest.raises(LabError, match="Compose 2 is missing"):
        up.down(print)
