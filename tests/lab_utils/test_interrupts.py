import os
import signal
import subprocess
import sys

import pytest

from lab_utils import interrupts

TIDYING = """
import sys, time
from lab_utils import interrupts
try:
    with interrupts.stopping_in_good_order():
        try:
            print("working", flush=True)
            time.sleep(600)
        finally:
            print("tidying", flush=True)
            sys.stdin.readline()
            print("tidied", flush=True)
except KeyboardInterrupt:
    print("told", flush=True)
"""


@pytest.fixture
def command():
    """A command at work that tidies up when interrupted, for as long as it is given no line."""
    words = [sys.executable, "-c", TIDYING]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "working\n"
        yield child
        child.kill()


def rest_of(command):
    return command.communicate("\n")[0].splitlines()


@pytest.mark.needs("posix")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_signal_stops_the_command_and_lets_it_tidy_up(command, name):
    command.send_signal(getattr(signal, name))
    assert rest_of(command) == ["tidying", "tidied", "told"]


@pytest.mark.needs("posix")
def test_a_second_one_does_not_disturb_the_tidying(command):
    command.send_signal(signal.SIGINT)
    assert command.stdout.readline() == "tidying\n"
    command.send_signal(signal.SIGINT)
    assert "once more" in command.stderr.readline() + command.stderr.readline()
    assert rest_of(command) == ["tidied", "told"]


@pytest.mark.needs("posix")
def test_a_third_one_is_meant(command):
    command.send_signal(signal.SIGINT)
    assert command.stdout.readline() == "tidying\n"
    command.send_signal(signal.SIGINT)
    assert "once more" in command.stderr.readline() + command.stderr.readline()
    command.send_signal(signal.SIGINT)
    assert command.wait() == 130
    assert command.stdout.read() == ""


def test_afterwards_everything_is_as_it_was():
    before = signal.getsignal(signal.SIGTERM)
    with interrupts.stopping_in_good_order():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.needs("posix")
def test_a_terminals_interrupt_does_not_reach_what_we_have_started():
    from lab_utils import commands

    mine = [sys.executable, "-c", "import os; print(os.getpgrp())"]
    assert int(commands.run(mine, doing="asking").stdout) != os.getpgrp()
