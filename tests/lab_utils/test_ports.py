import os
import socket

import pytest

from lab_utils import ports
from lab_utils.errors import LabError
from lab_utils.ports import Ports


@pytest.fixture
def listening():
    with socket.create_server((ports.HOST, 0)) as server:
        yield server.getsockname()[1]


def test_each_port_can_be_set_in_the_environment(monkeypatch):
    monkeypatch.setenv("LAB_PORT_B", "7105")
    chosen = Ports.from_environment()
    assert (chosen.a, chosen.b) == (Ports.a, 7105)


@pytest.mark.parametrize("text", ["seven", "0", "65536", "-1", "70 04", "٧٠٠٤"])
def test_what_is_no_port_number_is_refused_by_name(monkeypatch, text):
    monkeypatch.setenv("LAB_PORT_A", text)
    with pytest.raises(LabError, match="LAB_PORT_A"):
        Ports.from_environment()


def test_the_environment_of_a_choice_gives_the_same_choice(monkeypatch):
    free = Ports.free()
    for name, value in free.environment().items():
        monkeypatch.setenv(name, value)
    assert Ports.from_environment() == free


def test_a_taken_port_names_its_holder_and_offers_another(listening):
    taken = Ports(**{**vars(Ports.free()), "balancer": listening})
    with pytest.raises(ports.PortTaken) as caught:
        taken.demand_free()
    assert f"process {os.getpid()}" in caught.value.found
    assert "LAB_PORT_BALANCER=" in caught.value.next_step


def test_free_ports_differ_and_can_be_listened_on():
    free = Ports.free()
    free.demand_free()
    assert len(set(vars(free).values())) == len(vars(free))


def test_a_port_is_taken_while_somebody_listens(listening):
    assert not ports.is_free(listening)


def test_a_port_that_the_stack_itself_holds_is_not_taken(listening):
    held = Ports(**{**vars(Ports.free()), "a": listening})
    held.demand_free(ours={"a"})
    with pytest.raises(ports.PortTaken):
        held.demand_free(ours={"b"})


def test_two_services_on_one_port_are_told_apart_before_anything_starts(monkeypatch):
    monkeypatch.setenv("LAB_PORT_A", "7601")
    monkeypatch.setenv("LAB_PORT_B", "7601")
    with pytest.raises(LabError, match="LAB_PORT_A and LAB_PORT_B are both 7601"):
        Ports.from_environment()


def test_a_port_that_a_container_publishes_is_not_blamed_on_dockers_own_program(
    listening, monkeypatch
):
    monkeypatch.setattr(ports, "_name", lambda pid: "docker-proxy")
    found = ports.holder(listening)
    assert found == f"a container (`docker ps --filter publish={listening}` names it)"
