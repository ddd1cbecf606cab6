"""The stack is hurt under load, and every demand of benchmarks/chaos is met."""

import io

import pytest
from rich.console import Console

from benchmarks.chaos import command
from benchmarks.chaos.stack import ChaosStack
from benchmarks.chaos.story import BRIEF
from lab_utils.ports import Ports
from lab_utils.self_test import TEST_PROJECT

pytestmark = [pytest.mark.needs("docker"), pytest.mark.timeout(400)]


def test_visitors_are_served_and_everything_is_logged_whatever_happens(engine, tmp_path):
    stack = ChaosStack(engine, Ports.free(), f"{TEST_PROJECT}-chaos")
    console = Console(file=io.StringIO(), width=120)
    seen = command.run(stack, BRIEF, console, results_folder=tmp_path)
    (kept,) = tmp_path.glob("chaos-*.txt")
    print(kept.read_text())
    assert seen.broken() == []
    assert len(seen.answers) > 500
    assert {each.variant for each in seen.answers} == {"a", "b"}
    assert any(each.failover for each in seen.answers)
    assert "As demanded" in kept.read_text()
    assert engine.containers(stack.project) == []
