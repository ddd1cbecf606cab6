"""Ten thousand clients that come, say nothing and stay."""

import contextlib

import psutil
import pytest

from tests.attacks.actors import Balancer, read_to_end
from tests.attacks.cases import AFTER, get
from tests.attacks.wire import answers_in

resource = pytest.importorskip("resource", reason="Windows has no such limit")

MANY = 10_000
DESCRIPTORS = MANY + 500
HALF = b"GET /idle HTTP/1.1\r\nHost: lab\r\n"
BYTES_EACH = 32_768


@pytest.fixture(scope="module")
def descriptors():
    """As many descriptors as this takes, for this process and those it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in (resource.RLIM_INFINITY, -1) and hard < DESCRIPTORS:
        pytest.skip(f"a process may have {hard} descriptors, this takes {DESCRIPTORS}: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, DESCRIPTORS), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def crowded(descriptors, _backend, tmp_path_factory):
    """A balancer that lets clients be idle for long."""
    limits = "client_header_s = 120.0\nclient_idle_s = 120.0\n"
    balancer = Balancer(tmp_path_factory.mktemp("crowded"), _backend.port, limits)
    yield balancer
    balancer.stop()


@pytest.mark.parametrize(
    "said",
    [b"", HALF, get()],
    ids=["nothing", "half a head", "a request"],
)
def test_ten_thousand_idle_clients_are_no_trouble_to_another(
    crowded, backend, record_property, said
):
    process = psutil.Process(crowded.process.pid)
    before = process.memory_info().rss
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(crowded.connect()) for _ in range(MANY)]
        for sock in sockets:
            sock.sendall(said)
            if said == get():
                assert answers_in(sock.recv(65_536))[0][0].status == 200
        for _ in range(10):
            assert [each.status for each in answers_in(crowded.talk(AFTER))[0]] == [200]
        each = (process.memory_info().rss - before) / MANY
        record_property("bytes_per_idle_connection", round(each))
        assert each < BYTES_EACH
        # The first to come is served as the last one is.
        sockets[0].sendall(AFTER if said != HALF else b"\r\n" + AFTER)
        assert answers_in(read_to_end(sockets[0]))[0][-1].status == 200
