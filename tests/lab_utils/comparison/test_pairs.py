import pytest

from lab_utils.comparison import pairs
from lab_utils.runtimes import Inside, Kernel, Unavailable


class Server:
    """A runtime that is only played."""

    accelerator = "tcg"
    url = "http://127.0.0.1:4242"

    def __init__(self, kind="vm"):
        self.kind = kind
        self.did = []
        self.how_it_ended = None

    def demand(self):
        self.did.append("demand")

    def start(self):
        self.did.append("start")
        self.how_it_ended = None

    def wait_ready(self):
        self.did.append("wait")

    def stop(self):
        self.did.append("stop")

    def ended(self):
        return self.how_it_ended

    def memory(self):
        return 200_000_000

    def inside(self):
        return Inside(Kernel("6.12-guest", "22222222"), ("init", "httpd"), 9 * 10**7, 1)

    def run_inside(self, script):
        return f"{'f' * 64}  /bin/busybox\n6.12-guest\nx86_64\n"


@pytest.fixture
def servers(monkeypatch):
    made = []

    def make(kind):
        made.append(Server(kind))
        return made[-1]

    monkeypatch.setattr(pairs, "make", make)
    return made


def test_both_start_before_either_is_waited_for(servers, monkeypatch):
    order = []
    monkeypatch.setattr(Server, "start", lambda self: order.append("start"))
    monkeypatch.setattr(Server, "wait_ready", lambda self: order.append("wait"))
    pairs.pair("vm")
    assert order == ["start", "start", "wait", "wait"]


def test_the_picture_is_of_the_servers_as_they_run(servers):
    drawing = pairs.pair("vm").picture()
    assert drawing.caption.startswith("3 kernels for 2: vm 1, httpd on 127.0.0.1:4242, 200 MB")
    assert "Linux 6.12-guest" in drawing.alt


def test_one_that_ended_meanwhile_is_started_again_when_it_is_asked_for(servers, capsys):
    both = pairs.pair("vm")
    servers[1].how_it_ended = "exited (0)"
    assert both.second is servers[1]
    assert servers[1].did[-4:] == ["stop", "demand", "start", "wait"]
    assert "had ended meanwhile" in capsys.readouterr().out
    assert both.first is servers[0]
    assert servers[0].did == ["demand", "start", "wait"]


def test_a_start_that_fails_leaves_none_of_the_two(servers, monkeypatch):
    def fails(_self):
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "wait_ready", fails)
    with pytest.raises(KeyboardInterrupt):
        pairs.pair("vm")
    assert [each.did[-1] for each in servers] == ["stop", "stop"]


def test_a_runtime_that_is_missing_is_named_with_how_to_have_it(servers, monkeypatch, capsys):
    def fails(_self):
        raise Unavailable("booting", "there is no QEMU here", "install it")

    monkeypatch.setattr(Server, "demand", fails)
    none = pairs.pair("vm")
    assert none.first == none.second == "vm"
    said = capsys.readouterr().out
    assert "no virtual machine runs here: there is no QEMU here\nto have it: install it" in said


def test_stopping_stops_both_and_says_so_and_nothing_where_none_ran(servers, capsys):
    pairs.stop(pairs.pair("container"), pairs.Pair("vm", ()))
    assert [each.did[-1] for each in servers] == ["stop", "stop"]
    assert capsys.readouterr().out == "stopped 2 servers, each in a container\n"


def test_the_same_program_is_told_by_its_fingerprint(servers):
    table = pairs.same_program(pairs.pair("container"), pairs.Pair("vm", ()))
    assert table.rows[0] == ("container", "ffffffffffffffff…", "6.12-guest", "x86_64")
    assert table.rows[1][1] == "none on this computer"
