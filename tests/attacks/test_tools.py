"""Attackers and scripts that others wrote: slowhttptest and varnishtest, from Debian."""

import csv
import subprocess
import threading
from pathlib import Path

import pytest

from lab_utils import ports
from tests.attacks.actors import Backend, Balancer, answer
from tests.attacks.cases import AFTER
from tests.attacks.wire import answers_in

SCRIPTS = sorted((Path(__file__).parent / "vtc").glob("*.vtc"))
MODES = {
    "slow headers": "-H -i 1 -x 24",
    "slow body": "-B -i 1 -x 24 -s 8192",
    "slow read": "-X -w 10 -y 20 -n 1 -z 5 -k 1",
}
LOAD = "-c 200 -r 200 -l 5 -p 2 -g -o report"


def big(link):
    """An answer that does not fit into the buffers of whoever does not read."""
    while link.request() is not None:
        link.send(answer(b"x" * 1_000_000))


@pytest.mark.needs("slowhttptest")
@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_two_hundred_slow_clients_do_not_keep_others_from_being_served(tmp_path, mode):
    backend = Backend()
    backend.script = big
    balancer = Balancer(tmp_path, backend.port)
    url = f"http://127.0.0.1:{balancer.port}/slow"
    command = ["slowhttptest", *mode.split(), *LOAD.split(), "-u", url]
    attack = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    served = []
    while attack.poll() is None:
        served += [each.status for each in answers_in(balancer.talk(AFTER))[0]]
        threading.Event().wait(0.05)
    said = attack.communicate()[0]
    balancer.stop()
    backend.close()
    assert set(served) == {200}
    assert "Hit test time limit" in said
    # One in between may say 0: that of a second in which the tool's own probe was on its way.
    rows = list(csv.DictReader((tmp_path / "report.csv").open()))
    available = [int(row["Service Available"]) > 0 for row in rows]
    assert sum(available) > len(available) / 2


@pytest.fixture(scope="module")
def scripted(tmp_path_factory):
    """A balancer whose backend's port is free for a script's own server."""
    backend = Backend(ports.free_port())
    balancer = Balancer(tmp_path_factory.mktemp("scripted"), backend.port)
    backend.close()  # it was needed once, to be found healthy
    yield balancer, backend.port
    balancer.stop()


@pytest.mark.needs("varnishtest")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_client_and_backend_agree(scripted, script):
    balancer, backend_port = scripted
    macros = [f"-Dbalancer_port={balancer.port}", f"-Dbackend_port={backend_port}"]
    done = subprocess.run(
        ["varnishtest", "-t", "20", *macros, script], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
