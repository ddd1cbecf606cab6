import json

import pytest
from rich.console import Console

from benchmarks.experiment import command


@pytest.mark.needs("linux")
def test_figures_are_shown_and_kept_with_what_they_are_of(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    console = Console(record=True, width=120)
    words = ["--visits", "8000", "--rounds", "1", "--only", "lab", "pandas"]
    assert command.main(words, console) == 0
    assert "plain pandas" in console.export_text()
    (kept,) = tmp_path.glob("bench-experiment-*.json")
    said = json.loads(kept.read_text())
    assert said["log"]["visits"] == 8_000
    assert [each["name"] for each in said["runs"]] == ["lab", "pandas"]
