import pytest

from benchmarks.balancer.load import SCRIPTS, SHAPES, Reading, parse
from lab_utils.errors import LabError

SAID = """\
Running 1s test @ http://127.0.0.1:9/
  1 threads and 32 connections
Requests/sec:  70213.43

MEASURED {"requests":70742,"duration_us":1100218,"p50_us":367,"p99_us":471,\
"socket_errors":2,"bad_statuses":1}
"""


def test_what_wrk_measured_is_read():
    assert parse(SAID) == Reading(70742, 1100218, 367, 471, 2, 1)


def test_a_wrk_that_reports_nothing_is_named():
    with pytest.raises(LabError, match="no line MEASURED"):
        parse("Requests/sec:  70213.43")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_load_has_a_script_that_reports(shape):
    assert 'require "report"' in (SCRIPTS / shape.script).read_text()
