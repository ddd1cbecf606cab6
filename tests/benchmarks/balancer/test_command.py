import io
import json

import psutil
import pytest
from rich.console import Console

from benchmarks.balancer import command, measure
from benchmarks.balancer.command import Plan
from benchmarks.balancer.load import ONE, PLAIN, Shape
from benchmarks.balancer.peers import PEERS

POST = Shape("post", "post.lua", "POST of 10 kB")
OURS_AND_AIOHTTP = [peer for peer in PEERS if peer.name in ("sticky", "aiohttp")]

pytestmark = pytest.mark.needs("wrk")


def run(tmp_path, peers, plan):
    console = Console(file=io.StringIO(), width=150)
    folders = {"results_folder": tmp_path / "results", "folder": tmp_path / "state"}
    return command.run(peers, plan, console, **folders), console.file.getvalue()


def left_running(tmp_path):
    return [each for each in psutil.process_iter() if str(tmp_path) in " ".join(words(each))]


def words(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_from_start_to_table_file_and_picture(tmp_path):
    plan = Plan((PLAIN, POST, ONE), rounds=1, seconds=1)
    path, said = run(tmp_path, OURS_AND_AIOHTTP, plan)
    kept = json.loads(path.read_text())
    assert len(kept["rounds"]) == 3 * 3
    assert [each for each in kept["medians"] if each["errors"]] == []
    assert all(each["cpu_us"] for each in kept["medians"] if each["peer"] != "straight")
    assert all(each["speed"] is None for each in kept["medians"])  # HAProxy was not asked for
    assert "ours, sticky" in said
    assert path.with_suffix(".svg").read_text().rstrip().endswith("</svg>")
    assert not (tmp_path / "state").exists()
    assert left_running(tmp_path) == []


def test_an_interrupt_ends_everything(tmp_path, monkeypatch):
    seen = []

    def interrupt(running, *_, **__):
        seen.extend(each.pid for each in running if each.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(measure, "in_turn", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, OURS_AND_AIOHTTP, Plan((PLAIN,), rounds=1, seconds=1))
    assert len(seen) == 2
    assert [pid for pid in seen if psutil.pid_exists(pid)] == []


def test_what_is_to_be_recorded_is_what_was_measured(tmp_path, monkeypatch):
    measured = tmp_path / "measured.json"
    measured.write_text("figures")
    measured.with_suffix(".svg").write_text("picture")
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    monkeypatch.setattr(command, "run", lambda *_, **__: measured)
    monkeypatch.setattr(command, "RECORDED", tmp_path / "recorded.json")
    monkeypatch.setattr(command, "NOTEBOOKS", tmp_path)
    (tmp_path / "figures").mkdir()
    assert command.main(["--record"], Console(file=io.StringIO())) == 0
    assert (tmp_path / "recorded.json").read_text() == "figures"
    assert (tmp_path / "figures" / "balancer.svg").read_text() == "picture"


@pytest.mark.parametrize("less", [["--quick"], ["--only", "sticky"]])
def test_less_than_a_whole_run_is_not_recorded(less, capsys):
    with pytest.raises(SystemExit):
        command.main(["--record", *less], Console(file=io.StringIO()))
    assert "whole run" in capsys.readouterr().err
