import json

import pytest
from rich.console import Console

from benchmarks.hot_path import bench, command
from benchmarks.hot_path.bench import AS_IT_IS, CLIENTS, KNOWN, LOADS, TRICKS, UNIQUE, Bench


@pytest.mark.parametrize("load", LOADS, ids=lambda load: load.title)
@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_every_request_is_answered_and_recorded_with_and_without_each_trick(tmp_path, trick, load):
    balancer = Bench(tmp_path)
    with trick.without(balancer):
        for turn in range(3):
            balancer.serve(load, turn * CLIENTS)
    events = [json.loads(line) for line in balancer.event_log.path.read_text().splitlines()]
    balancer.event_log.close()
    assert len(events) == 3 * CLIENTS
    assert {event["status"] for event in events} == {200}


def test_without_the_hot_path_nothing_goes_that_way(tmp_path, monkeypatch):
    balancer = Bench(tmp_path)
    plain = []
    monkeypatch.setattr(balancer, "conclude", lambda exchange, last: plain.append(exchange.plain))
    with TRICKS[1].without(balancer):
        balancer.serve(KNOWN, 0)
    balancer.event_log.close()
    assert plain == [False] * CLIENTS


def test_what_is_saved_is_told_for_each_trick(capsys):
    assert command.main(["--rounds", "1", "--turns", "4"], Console(width=100)) == 0
    shown = capsys.readouterr().out
    assert all(trick.name in shown for trick in TRICKS)


def test_medians_are_of_all_tricks_and_positive(tmp_path):
    seen = bench.measure(tmp_path, rounds=2, turns=4)
    assert next(iter(seen)) == (AS_IT_IS.name, KNOWN.title)
    assert len(seen) == len(TRICKS) * len(LOADS)
    assert all(time > 0 for time in seen.values())


def test_in_one_load_headers_differ_and_users_do_not_return():
    def said(load):
        return {load.request(number) for number in range(3 * KNOWN.users)}

    assert len(said(KNOWN)) == KNOWN.users
    assert len(said(UNIQUE)) == 3 * KNOWN.users


def test_headers_that_differ_are_read_line_by_line_only_without_the_gap(tmp_path, monkeypatch):
    read = []
    request_fields = bench.hot_path.request_fields
    monkeypatch.setattr(
        bench.hot_path, "request_fields", lambda *of: read.append(of) or request_fields(*of)
    )
    counts = []
    for trick in (AS_IT_IS, next(trick for trick in TRICKS if "line by line" in trick.name)):
        balancer = Bench(tmp_path)
        read.clear()
        with trick.without(balancer):
            for turn in range(4):
                balancer.serve(UNIQUE, turn * CLIENTS)
        balancer.event_log.close()
        counts.append(len(read))
    assert counts == [2 * CLIENTS, 4 * CLIENTS]
