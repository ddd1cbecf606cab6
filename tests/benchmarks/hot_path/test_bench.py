import json

import pytest
from rich.console import Console

from benchmarks.hot_path import bench, command
from benchmarks.hot_path.bench import AS_IT_IS, CLIENTS, TRICKS, Bench


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_every_request_is_answered_and_recorded_with_and_without_each_trick(tmp_path, trick):
    balancer = Bench(tmp_path)
    with trick.without(balancer):
        for turn in range(3):
            balancer.serve(turn * CLIENTS)
    events = [json.loads(line) for line in balancer.event_log.path.read_text().splitlines()]
    balancer.event_log.close()
    assert len(events) == 3 * CLIENTS
    assert {event["status"] for event in events} == {200}


def test_without_the_hot_path_nothing_goes_that_way(tmp_path, monkeypatch):
    balancer = Bench(tmp_path)
    plain = []
    monkeypatch.setattr(balancer, "conclude", lambda exchange, last: plain.append(exchange.plain))
    with TRICKS[1].without(balancer):
        balancer.serve(0)
    balancer.event_log.close()
    assert plain == [False] * CLIENTS


def test_what_is_saved_is_told_for_each_trick(capsys):
    assert command.main(["--rounds", "1", "--turns", "4"], Console(width=100)) == 0
    shown = capsys.readouterr().out
    assert all(trick.name in shown for trick in TRICKS)


def test_medians_are_of_all_tricks_and_positive(tmp_path):
    seen = bench.measure(tmp_path, rounds=2, turns=4)
    assert next(iter(seen)) == AS_IT_IS.name
    assert all(time > 0 for time in seen.values())
