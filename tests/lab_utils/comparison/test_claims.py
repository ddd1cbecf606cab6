import pytest

from lab_utils.comparison import CLAIMS, Evidence

BY_KEY = {claim.key: claim for claim in CLAIMS}
EXPECTED = {
    "size": "holds only when",
    "start": "wrong",
    "system": "holds",
    "resources": "holds",
    "cost": "holds",
    "state": "wrong",
    "portability": "holds only when",
    "sharing": "holds",
    "isolation": "holds",
    "roll-back": "holds",
}

OTHERWISE = {
    "size": ("image size", "vm", (1e6,), "wrong"),
    "start": ("start from a snapshot", "vm", (2.4,), "holds"),
    "system": ("boot id", "vm", ("11111111-aaaa",), "wrong"),
    "resources": ("memory seen", "container", (5e7,), "wrong"),
    "cost": ("how many fit into a gigabyte", "vm", (500,), "wrong"),
    "state": ("remove", "container", (True,), "wrong"),
    "sharing": ("second image adds", "container", (3e6,), "wrong"),
    "isolation": ("host goes on", "vm", (False,), "wrong"),
    "roll-back": ("process rolled back", "container", (True,), "wrong"),
}


def verdict(key, measured):
    return BY_KEY[key].verdict(Evidence.of(measured))


def test_every_claim_has_a_verdict_from_what_was_measured(measured):
    assert {key: verdict(key, measured).word for key in BY_KEY} == EXPECTED


@pytest.mark.parametrize("key", OTHERWISE)
def test_another_measurement_gives_another_verdict(key, measured, changed):
    what, kind, values, word = OTHERWISE[key]
    other = verdict(key, changed(what, kind, *values))
    assert other.word == word
    assert str(other) != str(verdict(key, measured))


@pytest.mark.parametrize("key", BY_KEY)
def test_nothing_measured_gives_no_verdict(key):
    assert verdict(key, ()).word == "not measured"


def test_a_container_that_keeps_nothing_at_all_would_be_stateless(measured):
    names = ("restart", "remove", "commit", "volume")
    from dataclasses import replace

    lost = [replace(seen, values=(False,)) if seen.what in names else seen for seen in measured]
    assert verdict("state", lost).word == "holds"


def test_containers_on_a_kernel_of_the_engine_are_told_apart(changed):
    said = verdict("system", changed("boot id", "process", "33333333-cccc"))
    assert said.word == "holds"
    assert "engine's own machine" in said.because
