"""compose.yaml: what a plain `up` starts, and what has to be named."""

import pytest
import yaml

from lab_utils.paths import COMPOSE_FILE, ROOT
from lab_utils.stack.base import BALANCERS, SERVICES, TRAINERS
from lab_utils.stack.containers import PORTS_OF

COMPOSE = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]


def test_a_plain_up_starts_our_balancer_and_no_other():
    unasked = {name for name, service in COMPOSE.items() if not service.get("profiles")}
    assert unasked == {*SERVICES, *TRAINERS}
    for name in ("nginx", "haproxy", "registry"):
        assert COMPOSE[name]["profiles"] == [name]


def test_every_balancer_wants_the_same_ports_reads_the_same_settings_and_keeps_the_same_volume():
    ports = {tuple(COMPOSE[service]["ports"]) for service in BALANCERS.values()}
    assert len(ports) == 1
    for service in BALANCERS.values():
        mounts = COMPOSE[service]["volumes"]
        assert "./containers/balancer/balancer.toml:/etc/balancer/balancer.toml:ro" in mounts
        assert "events:/events" in mounts


@pytest.mark.parametrize("service", COMPOSE)
def test_every_service_is_hardened_and_labelled(service):
    told = COMPOSE[service]
    assert (told["read_only"], told["cap_drop"], told["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    assert told["labels"] == {"lab": "${LAB_PROJECT:-recitation}"}


@pytest.mark.parametrize("service", PORTS_OF)
def test_what_a_service_mounts_exists_and_every_port_is_on_loopback(service):
    own = [mount.split(":")[0] for mount in COMPOSE[service]["volumes"] if mount.startswith("./")]
    assert [path for path in own if not (ROOT / path).exists()] == []
    assert len(COMPOSE[service]["ports"]) == len(PORTS_OF[service])
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE[service]["ports"])


def test_the_registry_of_a_class_is_on_loopback_and_keeps_what_it_has():
    registry = COMPOSE["registry"]
    assert registry["ports"] == ["127.0.0.1:${LAB_PORT_REGISTRY:-5001}:5000"]
    assert registry["volumes"] == ["registry:/registry"]
