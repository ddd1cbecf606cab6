import os
import subprocess
import sys

import pytest

from benchmarks.balancer.measure import cpu_seconds, cpu_ticks, estimate

STAT = "4711 (a (bad) name) S 1 4711 4711 0 -1 4194560 900 800 0 0 11 7 5 3 20 0 1 0 99 1000 500"


def test_cpu_time_is_own_and_that_of_children_waited_for():
    assert cpu_ticks(STAT) == 11 + 7 + 5 + 3


@pytest.mark.skipif(sys.platform != "linux", reason="CPU time is read from /proc")
def test_a_child_that_ended_still_counts():
    burn = "while sum(__import__('os').times()[:2]) < 0.2: pass"
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", burn], check=True)
    assert cpu_seconds(os.getpid()) > before


def test_the_estimate_counts_every_measurement():
    assert estimate(2, 3, 4, 5.0) > 2 * 3 * 4 * 5.0
