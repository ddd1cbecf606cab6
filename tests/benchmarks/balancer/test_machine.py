import os
import platform
import sys

import pytest

from benchmarks.balancer import machine
from lab_utils.errors import LabError

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="cores are chosen on Linux only")


@on_linux
@pytest.mark.parametrize(
    ("usable", "chosen"), [({0}, (0, 0)), ({0, 1}, (1, 0)), ({2, 5, 7}, (7, 5))]
)
def test_the_balancers_have_a_core_of_their_own_where_there_are_two(monkeypatch, usable, chosen):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: usable)
    assert machine.cores() == chosen


def test_elsewhere_than_on_linux_it_says_so(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(LabError, match="take Linux"):
        machine.demand_linux()


def test_versions_name_python_and_the_peers_packages():
    found = machine.versions([])
    assert found["python"] == platform.python_version()
    assert {"aiohttp", "uvloop"} <= set(found)


@pytest.mark.parametrize(("speed", "chosen"), [(1.0, "mine"), (1.3, "the system's")])
def test_the_system_s_python_is_taken_only_where_it_is_clearly_faster(monkeypatch, speed, chosen):
    monkeypatch.setattr(machine.Path, "exists", lambda path: True)
    monkeypatch.setattr(machine.Path, "samefile", lambda path, other: False)
    monkeypatch.setattr(machine, "loop_s", lambda python: speed if python == sys.executable else 1)
    found = machine.interpreter()
    assert (found.path == sys.executable) is (chosen == "mine")
    assert bool(found.environment) is (chosen == "the system's")
    assert f"{speed:.2f} times as fast" in found.sentence


def test_a_python_s_speed_is_a_time():
    assert machine.loop_s(sys.executable) > 0
