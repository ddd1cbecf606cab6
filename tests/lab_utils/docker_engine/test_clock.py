import pytest

from lab_utils.docker_engine import clock


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("2026-11-30T00:23:46Z", 1795998226),
        ("2026-11-30T00:23:46.123456789Z", 1795998226.123456),
        ("2026-11-30T01:23:46.5+01:00", 1795998226.5),
        ("0001-01-01T00:00:00Z", 0),
    ],
)
def test_a_date_is_read_as_docker_writes_it(date, seconds):
    assert clock.seconds(date) == seconds
