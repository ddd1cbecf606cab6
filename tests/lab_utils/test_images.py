from types import SimpleNamespace

import pytest

from lab_utils import commands, images
from lab_utils.errors import LabError


def engine(*, here=(), pullable=()):
    pulled = []

    def pull(name, *, timeout):
        pulled.append(name)
        return name in pullable

    return SimpleNamespace(has_image=lambda name: name in here, pull=pull, pulled=pulled)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in ("BASE_IMAGE", "LAB_REGISTRY", "LAB_CA_BUNDLE", *images.CA_VARIABLES):
        monkeypatch.delenv(name, raising=False)


def test_an_image_named_by_the_user_goes_before_all(monkeypatch):
    monkeypatch.setenv("BASE_IMAGE", "mine:1")
    assert images.python_base(engine(here=[images.HUB_PYTHON]), print).name == "mine:1"


def test_what_is_here_already_is_not_fetched():
    rig = engine(here=[images.PYTHON_BASE], pullable=[images.HUB_PYTHON])
    assert images.python_base(rig, print) == images.MADE_HERE
    assert rig.pulled == []


def test_docker_hub_is_asked_before_the_class_registry(monkeypatch):
    monkeypatch.setenv("LAB_REGISTRY", "classroom:5000")
    rig = engine(pullable=["classroom:5000/" + images.HUB_PYTHON])
    chosen = images.python_base(rig, print)
    assert rig.pulled == [images.HUB_PYTHON, "classroom:5000/" + images.HUB_PYTHON]
    assert chosen.origin == "the registry classroom:5000"


def test_without_registry_and_mmdebstrap_every_way_out_is_named(monkeypatch):
    monkeypatch.setattr(commands, "have", lambda program: False)
    with pytest.raises(LabError) as caught:
        images.python_base(engine(), print)
    for way in ("LAB_REGISTRY", "mmdebstrap", "--processes"):
        assert way in caught.value.next_step


def test_a_ca_bundle_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("LAB_CA_BUNDLE", "/no/such/bundle.pem")
    with pytest.raises(LabError, match=r"/no/such/bundle\.pem"):
        images.ca_bundle()


def test_a_host_that_trusts_a_proxy_lends_its_bundle_to_builds(monkeypatch, tmp_path):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("a certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert images.ca_bundle() == bundle


def test_without_any_bundle_an_empty_one_is_lent(monkeypatch):
    monkeypatch.setattr(images, "HOST_BUNDLES", ())
    assert images.ca_bundle() == images.NO_CA
    assert images.NO_CA.read_bytes() == b""
