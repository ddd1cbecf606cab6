import socket

import pytest

from lab_utils import docker_engine, doctor, images
from lab_utils.ports import HOST


def finding(name):
    return next(each for each in doctor.examine() if each.what.startswith(name))


def test_everything_it_finds_is_told_and_what_is_amiss_has_advice():
    findings = doctor.examine()
    assert all(each.found for each in findings)
    assert all(each.advice for each in findings if each.verdict != "ok")
    assert list(doctor.table().data.index) == [each.what for each in findings]


def test_a_missing_engine_is_named_with_the_way_to_one(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    engine = finding("Docker Engine")
    assert engine.verdict == "missing"
    assert "local processes" in engine.advice


@pytest.mark.needs("docker")
def test_an_engine_that_answers_is_told_with_its_version():
    assert docker_engine.find().version in finding("Docker Engine").found


def test_a_taken_port_is_told_with_its_holder(monkeypatch):
    monkeypatch.setattr(doctor, "running", lambda: None)
    with socket.create_server((HOST, 0)) as server:
        monkeypatch.setenv("LAB_PORT_A", str(server.getsockname()[1]))
        port = finding(f"port {server.getsockname()[1]}")
    assert (port.verdict, "taken by" in port.found) == ("missing", True)
    assert "LAB_PORT_A" in port.advice


def test_a_nearly_full_disk_is_noted(monkeypatch):
    monkeypatch.setattr(doctor, "ROOM_TO_BUILD", 10**18)
    assert finding("disk").verdict == "note"


def test_a_ca_bundle_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("LAB_CA_BUNDLE", "/no/such/bundle.pem")
    certificates = finding("certificates")
    assert certificates.verdict == "missing"
    assert "/no/such/bundle.pem" in certificates.found


def test_without_a_bundle_builds_trust_what_the_image_trusts(monkeypatch):
    monkeypatch.setattr(images, "ca_bundle", lambda: images.NO_CA)
    assert finding("certificates").found == "the images' own"
