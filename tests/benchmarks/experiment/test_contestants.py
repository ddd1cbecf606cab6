from dataclasses import replace

import pytest

from benchmarks.experiment import contestants, log
from lab_utils.errors import LabError

PEERS = [each for each in contestants.CONTESTANTS if each.name != "tea-tasting"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    path = log.write(tmp_path_factory.mktemp("bench") / "events.jsonl", 6_000, seed=1)
    return [contestants.run(each, 1, path) for each in PEERS]


@pytest.mark.needs("linux")
def test_the_lab_plain_pandas_and_duckdb_find_the_same_numbers(runs):
    assert [each.name for each in runs] == ["lab", "pandas", "duckdb"]
    assert contestants.disagreements(runs) == []
    columns = [column for found in runs[1].metrics.values() for column in found]
    assert len(columns) == 17


@pytest.mark.needs("linux")
def test_what_a_run_took_is_told(runs):
    assert all(each.cpu_s > 0 and each.wall_s > 0 and each.peak_mb > 1 for each in runs)
    for each in runs:
        parts = each.imports_s, each.read_s, each.analysis_s
        assert min(parts) > 0
        assert sum(parts) < each.wall_s


@pytest.mark.needs("linux")
def test_who_finds_something_else_is_named_before_any_time_is_believed(runs):
    wrong = {**runs[1].metrics, "error rate": {"control": 0.5}}
    with pytest.raises(LabError, match=r"control of error rate: .* by lab, 0\.5 by pandas"):
        contestants.demand_agreement([runs[0], replace(runs[1], metrics=wrong)])


def test_a_peer_whose_packages_cannot_be_had_is_named_with_the_reason(monkeypatch):
    monkeypatch.setattr(
        contestants, "_environment", lambda: {"UV_OFFLINE": "1", "UV_NO_CACHE": "1"}
    )
    assert list(contestants.missing(contestants.CONTESTANTS)) == ["tea-tasting"]
