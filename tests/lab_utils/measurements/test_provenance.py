import platform

import pytest

from lab_utils.errors import LabError
from lab_utils.measurements import idle_memory, provenance, recorded, save_and_roll_back
from lab_utils.runtimes import Unavailable
from tests.lab_utils.measurements.test_result import START


def unavailable():
    raise Unavailable("starting", "this machine cannot", "get another")


def test_records_stand_in_where_this_machine_cannot(monkeypatch):
    monkeypatch.setattr(recorded, "load", lambda: (START,))
    assert provenance.live_or_recorded(["start"], "vm", "tiny", unavailable) == (START,)


def test_without_a_record_it_is_said_why_there_is_no_figure(monkeypatch):
    monkeypatch.setattr(recorded, "load", lambda: ())
    with pytest.raises(Unavailable, match="this machine cannot"):
        provenance.live_or_recorded(["start"], "vm", "tiny", unavailable)


def test_a_live_figure_carries_the_kind_of_machine_and_not_its_name():
    memory = idle_memory("process")
    assert not memory.recorded
    assert memory.host == provenance.host()
    assert platform.node() not in memory.host


def test_a_question_that_makes_no_sense_is_refused():
    with pytest.raises(LabError, match="nothing saves a plain process"):
        save_and_roll_back("process")
