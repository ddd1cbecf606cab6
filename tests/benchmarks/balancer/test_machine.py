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


@on_linux
def test_a_python_that_was_not_built_to_be_fast_is_told_or_left_for_one_that_was(monkeypatch):
    monkeypatch.setattr(machine, "_optimised", lambda python: False)
    assert "WITHOUT" in machine.interpreter().sentence
    monkeypatch.setattr(machine, "_optimised", lambda python: python != sys.executable)
    found = machine.interpreter()
    assert found.optimised is (found.path != sys.executable)
    assert bool(found.environment) is found.optimised
