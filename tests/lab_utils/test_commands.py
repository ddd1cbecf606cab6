import sys

import pytest

from lab_utils import commands
from lab_utils.errors import LabError

FAILING = [sys.executable, "-c", "import sys; print('working'); sys.exit('the disk is full')"]


def test_a_finished_command_returns_both_streams_apart():
    done = commands.run([sys.executable, "-c", "print('out')"], doing="printing")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "out\n", "")


def test_a_failure_carries_command_exit_code_and_last_words():
    with pytest.raises(commands.CommandFailed, match="exit code 1") as caught:
        commands.run(FAILING, doing="saving")
    assert "the disk is full" in caught.value.found
    assert caught.value.completed.stdout == "working\n"


def test_a_missing_program_is_named():
    with pytest.raises(commands.CommandMissing, match="`no-such-program`"):
        commands.run(["no-such-program"], doing="trying")


def test_a_command_that_takes_too_long_is_stopped():
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(LabError, match=r"not done after 0\.2 s"):
        commands.run(sleeping, doing="waiting", timeout=0.2)


def test_lines_come_one_by_one_and_a_failure_comes_last():
    reading = commands.lines([*FAILING[:1], "-u", *FAILING[1:]], doing="saving")
    assert [next(reading), next(reading)] == ["working", "the disk is full"]
    with pytest.raises(commands.CommandFailed):
        next(reading)


def test_a_reader_who_stops_asking_ends_the_command():
    endless = [sys.executable, "-u", "-c", "while True: print('tick')"]
    reading = commands.lines(endless, doing="ticking")
    assert next(reading) == "tick"
    reading.close()
    with pytest.raises(StopIteration):
        next(reading)
