import json
import shutil
import sys

import psutil
import pytest

from lab_utils import waiting
from lab_utils.processes import Process, end_marked

LINGERING = """
import ctypes, os, threading, time
threading.Thread(target=lambda: (time.sleep(0.5), os._exit(3))).start()
ctypes.CDLL(None).pthread_exit(None)
"""
"""Its first thread ends before its second: dead to those who look, and not yet to its parent."""

SLEEPER = [sys.executable, "-u", "-c", "print('awake'); import time; time.sleep(600)"]


@pytest.fixture
def sleeper(tmp_path):
    process = Process("sleeper", tmp_path)
    process.start(SLEEPER, {})
    yield process
    process.stop()


def wait_until(condition):
    waiting.until(
        lambda: None if condition() else "it is not so", timeout=20, doing="testing", next_step="-"
    )


def test_a_later_command_finds_what_an_earlier_one_started(sleeper, tmp_path):
    again = Process("sleeper", tmp_path)
    assert again.running() == sleeper.running() is not None


def test_what_it_says_is_in_its_log(sleeper):
    wait_until(lambda: sleeper.last_lines() == "awake")


def test_stopping_ends_it_and_says_whether_it_ran(sleeper):
    running = sleeper.running()
    assert sleeper.stop() is True
    assert not running.is_running()
    assert sleeper.stop() is False


@pytest.mark.needs("posix")
def test_killing_ends_it_and_leaves_how_it_ended_to_be_read(sleeper):
    running = sleeper.running()
    sleeper.kill()
    assert not running.is_running()
    assert sleeper.end == "exited (137)"


@pytest.mark.needs("posix")
def test_one_that_is_paused_can_still_end_in_good_order(tmp_path):
    polite = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye')))\n"
        "print('awake'); time.sleep(600)"
    )
    process = Process("polite", tmp_path)
    process.start([sys.executable, "-u", "-c", polite], {})
    wait_until(lambda: process.last_lines() == "awake")
    process.running().suspend()
    process.stop()
    assert process.last_lines() == "awake\nbye"


def test_a_stranger_with_the_same_pid_is_not_taken_for_ours(tmp_path):
    ours = Process("sleeper", tmp_path)
    me = psutil.Process()
    pid_file = {"pid": me.pid, "started": me.create_time() - 100}
    (tmp_path / "sleeper.json").write_text(json.dumps(pid_file))
    assert ours.running() is None
    assert ours.stop() is False


def test_a_damaged_pid_file_is_nothing_running(tmp_path):
    (tmp_path / "sleeper.json").write_text("{")
    assert Process("sleeper", tmp_path).running() is None


@pytest.mark.needs("posix")
def test_how_it_ended_is_known_until_it_is_stopped(sleeper):
    assert sleeper.end == ""
    sleeper.running().kill()
    wait_until(lambda: sleeper.end == "exited (137)")
    sleeper.stop()
    assert sleeper.end == ""


@pytest.mark.needs("linux")
def test_how_it_ended_is_known_where_its_last_threads_are_still_ending(tmp_path):
    process = Process("lingering", tmp_path)
    process.start([sys.executable, "-c", LINGERING], {})
    wait_until(lambda: process.running() is None)
    assert process.end == "exited (3)"


def test_how_it_ended_is_not_made_up_where_another_command_started_it(sleeper, monkeypatch):
    monkeypatch.setattr("lab_utils.processes._CHILDREN", {})
    sleeper.running().kill()
    wait_until(lambda: sleeper.running() is None)
    assert sleeper.end == "exited"


def running_beside(folder):
    """Ids of the processes that say the folder's name on their command line."""
    commands = {each.pid: each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])}
    return {pid for pid, words in commands.items() if str(folder) in words}


@pytest.mark.needs("posix")
def test_a_process_that_cannot_be_remembered_does_not_run(tmp_path, full_disk):
    silent = [sys.executable, "-c", "import time; time.sleep(600)", str(tmp_path)]
    with full_disk(), pytest.raises(OSError, match="too large"):
        Process("sleeper", tmp_path).start(silent, {})
    assert running_beside(tmp_path) == set()


def test_a_process_is_found_and_ended_when_its_pid_file_is_gone(sleeper, tmp_path):
    wait_until(lambda: sleeper.last_lines() == "awake")
    running = sleeper.running()
    shutil.rmtree(tmp_path)
    assert Process("sleeper", tmp_path).running() == running
    assert sleeper.stop() is True
    assert not running.is_running()


def test_children_that_outlive_it_are_ended_with_it(tmp_path):
    parent = Process("parent", tmp_path)
    starting = "import subprocess, sys; subprocess.Popen(sys.argv[1:])"
    parent.start([sys.executable, "-c", starting, *SLEEPER, str(tmp_path)], {})
    wait_until(lambda: parent.running() is None and running_beside(tmp_path))
    assert parent.stop() is True
    assert running_beside(tmp_path) == set()


def test_ending_all_of_a_folder_touches_no_other_folders_process(sleeper, tmp_path):
    other = Process("other", tmp_path / "deeper")
    other.start(SLEEPER, {})
    wait_until(lambda: other.last_lines() == "awake")
    other_runs = other.running()
    assert end_marked(tmp_path / "deeper") == ["other"]
    assert not other_runs.is_running()
    assert sleeper.running() is not None


def test_last_lines_from_a_full_disk_say_that_some_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 100, 0))
    quiet = Process("quiet", tmp_path)
    assert quiet.last_lines() == "(the disk is full: what else it said may be lost)"
    quiet.log.write_text("first\n")
    assert quiet.last_lines().splitlines()[0] == "first"
