import socket

import httpx
import pytest

from lab_utils import ports
from lab_utils.errors import LabError
from lab_utils.paths import CONTAINERS
from lab_utils.ports import Ports
from lab_utils.processes import end_marked
from lab_utils.stack import StackError
from lab_utils.stack.processes import ProcessStack


def test_every_part_is_up_and_healthy(process_stack):
    assert {each.health for each in process_stack.services()} == {"healthy"}


def test_being_up_already_is_fine(process_stack):
    before = process_stack.services()
    process_stack.up(print)
    assert process_stack.services() == before


def test_a_user_keeps_the_variant(process_stack):
    url = process_stack.ports.url("balancer") + "/recommend/17"
    assert len({httpx.get(url).headers["X-Variant"] for _ in range(10)}) == 1


def test_the_balancer_is_set_as_in_containers_but_for_the_addresses(process_stack):
    import tomllib

    here = tomllib.loads((process_stack.folder / "balancer.toml").read_text())
    there = tomllib.loads((CONTAINERS / "balancer" / "balancer.toml").read_text())
    for settings in (here, there):
        for key in ("listen", "admin", "event_log"):
            del settings[key]
        for variant in settings["variants"].values():
            del variant["backends"]
    assert here == there


def test_a_strategy_of_the_students_own_is_found_beside_the_settings(process_stack):
    from balancer import settings

    copy = process_stack.folder / "own.toml"
    text = (process_stack.folder / "balancer.toml").read_text()
    copy.write_text(text.replace('"sticky"', '"strategies/coin.py:coin"'))
    assert settings.load(copy).own_strategy is not None


def test_logs_carry_the_name_of_their_service(process_stack):
    lines = list(process_stack.logs(None, follow=False))
    assert any(line.startswith("recommender-a | ") for line in lines)


def test_a_taken_port_stops_nothing_but_ourselves(tmp_path):
    with socket.create_server((ports.HOST, 0)) as server:
        taken = Ports(**{**vars(Ports.free()), "b": server.getsockname()[1]})
        with pytest.raises(ports.PortTaken):
            ProcessStack(taken, tmp_path).up(print)


def test_a_service_that_dies_shows_its_last_words_and_nothing_is_left_running(
    tmp_path, monkeypatch
):
    stack = ProcessStack(Ports.free(), tmp_path)
    settings = tmp_path / "balancer.toml"
    monkeypatch.setattr(
        ProcessStack,
        "_write_balancer_settings",
        lambda self, table: settings.write_text("listen = 7\n"),
    )
    with pytest.raises(StackError, match=r"balancer has ended: exited \(2\)") as caught:
        stack.up(print)
    assert "listen" in caught.value.found
    assert {each.state for each in stack.services()} == {"absent"}


def test_a_model_that_cannot_be_trained_shows_the_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr("lab_utils.stack.processes.DATA", tmp_path / "nothing")
    stack = ProcessStack(Ports.free(), tmp_path)
    with pytest.raises(StackError, match=r"train-[ab] has ended: exited \(\d+\)") as caught:
        stack.up(print)
    assert "ratings" in caught.value.found
    assert end_marked(tmp_path) == []


def test_an_interrupt_ends_the_training_too(tmp_path, monkeypatch):
    def interrupted(missing, **_words):
        assert missing() == "train-a and train-b had not ended"
        raise KeyboardInterrupt

    monkeypatch.setattr("lab_utils.waiting.until", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ProcessStack(Ports.free(), tmp_path).up(print)
    assert end_marked(tmp_path) == []


def test_what_was_recorded_survives_down_and_up(tmp_path):
    stack = ProcessStack(Ports.free(), tmp_path)
    stack.up(print)
    try:
        httpx.get(stack.ports.url("balancer") + "/recommend/17")
        first = stack.event_log()
        stack.down(print)
        stack.up(print)
        assert first
        assert stack.event_log().startswith(first)
    finally:
        stack.down(print)


def test_a_service_that_is_killed_says_so_and_can_be_started_again(process_stack):
    process_stack.kill("recommender-b")
    killed = {each.name: each.state for each in process_stack.services()}
    process_stack.start("recommender-b")
    assert killed == {
        "recommender-a": "running",
        "recommender-b": "exited (137)",
        "balancer": "running",
    }
    assert {each.health for each in process_stack.services()} == {"healthy"}


def test_killing_what_does_not_run_and_what_there_is_not_is_refused(tmp_path):
    stack = ProcessStack(Ports.free(), tmp_path)
    with pytest.raises(LabError, match="it is absent"):
        stack.kill("recommender-b")
    with pytest.raises(LabError, match="name one of recommender-a, recommender-b, balancer"):
        stack.kill("b")
    with pytest.raises(LabError, match="this stack is not up"):
        stack.start("balancer")
