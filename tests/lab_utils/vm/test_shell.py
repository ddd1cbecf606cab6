import base64
import socket
import threading

import pytest

from lab_utils.errors import LabError
from lab_utils.vm.shell import Shell


@pytest.fixture
def ends():
    ours, guests = socket.socketpair()
    yield ours, guests
    ours.close()
    guests.close()


def answer(guest, text):
    """Be the guest for one script, and return the thread that is; `{}` stands for its word."""

    def be():
        word, script = guest.recv(65536).decode().split()
        said = text.format(word)
        assert base64.b64decode(script)
        for piece in (said[: len(said) // 2], said[len(said) // 2 :]):  # as it comes
            guest.sendall(piece.encode())

    thread = threading.Thread(target=be)
    thread.start()
    return thread


def test_what_a_script_prints_comes_back_whole(ends):
    ours, guest = ends
    thread = answer(guest, "one\ntwo{} 0\n")
    assert Shell(ours).run("echo one; printf two") == "one\ntwo"
    thread.join()


def test_a_script_that_fails_is_an_error_with_its_words(ends):
    ours, guest = ends
    thread = answer(guest, "no such file\n{} 1\n")
    with pytest.raises(LabError, match=r"exit code 1(.|\n)*no such file"):
        Shell(ours).run("cat nothing")
    thread.join()


def test_a_guest_that_is_gone_is_an_error(ends):
    ours, guest = ends
    guest.close()
    with pytest.raises(LabError):
        Shell(ours).run("true")


def test_a_script_without_an_end_is_given_up(ends):
    with pytest.raises(LabError, match="had not ended"):
        Shell(ends[0]).run("sleep 9", timeout=0.01)


def test_ready_is_heard_once_it_is_said(ends):
    ours, guest = ends
    shell = Shell(ours)
    assert not shell.is_ready(within=0.01)
    guest.sendall(b"ready\n")
    assert shell.is_ready(within=5)
