"""The lesson without an engine: what the notebook asks was recorded, or is done by processes."""

import ast

import nbformat
import pytest

from lab_utils.compose.change import ORDERS
from lab_utils.compose.lesson import TAPE, lesson
from lab_utils.compose.record import NOTEBOOK
from lab_utils.compose.replayed import Replayed
from lab_utils.compose.scaling import OURS
from lab_utils.errors import LabError
from lab_utils.recorded import Tape


@pytest.fixture
def replayed(process_stack):
    return lesson(process_stack)


def commands():
    """Each command that the notebook runs, with whose it is: lab, sick or broken."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    trees = [ast.parse(cell.source) for cell in cells if cell.cell_type == "code"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    runs = [call for call in calls if ast.unparse(call.func).endswith(".run")]
    texts = {
        ast.unparse(node.targets[0]): node.value.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    return [(ast.unparse(run.func.value), said(run.args[0], texts)) for run in runs]


def said(words, texts):
    """A text of a notebook, with other texts in it that have names."""
    if isinstance(words, ast.JoinedStr):
        return "".join(said(part, texts) for part in words.values)
    if isinstance(words, ast.FormattedValue):
        return texts[ast.unparse(words.value)]
    return ast.literal_eval(words)


def test_every_command_of_the_notebook_was_recorded():
    tape = Tape.of(TAPE)
    keys = [
        f"{'stack' if whose == 'lab' else whose} run {command}" for whose, command in commands()
    ]
    assert len(keys) > 10
    assert [key for key in keys if tape.replayed(key) is None] == []


def test_what_the_broken_shop_has_to_be_asked_was_recorded(replayed):
    broken = replayed.sample("broken")
    for command in ("ps --all", "logs --timestamps"):
        assert "store" in broken.run(f"docker compose {command}").said


def test_without_an_engine_it_is_replayed_and_says_so(replayed):
    assert isinstance(replayed, Replayed)
    for shown in (
        replayed.run("docker compose ps"),
        replayed.moments(),
        replayed.reach(),
        replayed.spread(),
        replayed.typos(),
        replayed.cut(),
        replayed.replace(["stop", "start", "wait"]),
        replayed.scale(OURS).output,
    ):
        assert shown.recorded is not None
        assert "Recorded on" in str(shown)


def test_what_was_not_recorded_is_not_made_up(replayed):
    output = replayed.run("docker compose top")
    assert output.exit_code is None
    assert "was not recorded" in output.said


def test_what_is_not_on_the_tape_is_told_with_how_to_get_an_engine(replayed):
    with pytest.raises(LabError, match="was not"):
        replayed.sample("nothing of the kind").moments()


def test_every_order_of_a_change_is_recorded_and_only_one_lost_nobody(replayed):
    changes = [replayed.replace(list(order)) for order in ORDERS]
    assert [each.order for each in changes if each.lost == 0] == [("start", "wait", "stop")]


def test_a_change_in_no_order_is_refused(replayed):
    assert replayed.replace(["start"]).refused


def test_dots_stand_for_our_order_and_our_command(replayed):
    assert replayed.replace(...).order == ("start", "wait", "stop")
    assert (replayed.scale(...).running, replayed.scale(None).served) == (3, 3)


def test_the_broken_shop_ends_at_the_store_first(replayed):
    ended = replayed.sample("broken").ended().ended
    assert [each.service for each in ended] == ["store", "prices", "till"]


def test_a_killed_process_is_missed_by_its_own_visitors_alone(replayed):
    try:
        told = dict(replayed.kill().rows)
    finally:
        replayed.mend()
    assert told["a visitor of b, once the balancer knows"].startswith("503")
    assert told["a visitor of a"].startswith("200")
    assert told["whoever runs it"] == "exited (137)"
    assert {each.health for each in replayed.here.services()} == {"healthy"}
