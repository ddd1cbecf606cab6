import pytest

from lab_utils.stack import Service


@pytest.mark.parametrize(
    ("state", "health", "trouble"),
    [
        ("running", "healthy", ""),
        ("running", "unhealthy", "is running, but unhealthy"),
        ("paused", "", "is paused"),
        ("exited (137, out of memory)", "", "has ended: exited (137, out of memory)"),
        ("absent", "", "is absent"),
    ],
)
def test_a_service_says_what_is_the_matter_with_it(state, health, trouble):
    assert Service("balancer", state, health, "", "").trouble == trouble
