import io
from dataclasses import replace

import pytest
from rich.console import Console

from benchmarks.runtimes import command
from lab_utils.comparison import record
from lab_utils.measurements import Measurement
from lab_utils.runtimes import Unavailable

LIVE = Measurement("start", "tiny", "vm", (2.5,), "s", "", "tcg", "a host", "2026-11-25T10:00:00")
OTHER = replace(LIVE, runtime="container", accelerator="", recorded=True, commit="abc1234")


@pytest.fixture
def shown(monkeypatch):
    """What is printed where a guest is measured and a container is not to be had."""
    monkeypatch.setattr(record, "everything", lambda: iter([LIVE, OTHER]))
    reason = Unavailable("starting", "no engine answers", "start it")
    monkeypatch.setattr(command, "missing", lambda kind: reason if kind == "container" else None)
    out = io.StringIO()
    assert command.run(Console(file=out, width=120)) == [LIVE, OTHER]
    return out.getvalue()


def test_figures_are_shown_with_where_they_are_from(shown):
    assert "2.50 s" in shown
    assert "measured here on 2026-11-25: a host, guest under tcg" in shown


def test_what_is_missing_here_and_what_stands_in_are_said(shown):
    assert "NO CONTAINER HERE: no engine answers" in shown
    assert "2.50 s *" in shown
    assert "recorded at commit abc1234 on 2026-11-25: a host" in shown
