"""What every container of the stack is denied, and how the stack takes bad luck."""

import os
import shutil

import httpx
import pytest

from lab_utils import commands
from lab_utils.errors import LabError
from lab_utils.paths import COMPOSE_FILE
from lab_utils.ports import Ports
from lab_utils.self_test import TEST_PROJECT
from lab_utils.stack import StackError, unwell
from lab_utils.stack.base import SERVICES
from lab_utils.stack.containers import ContainerStack

pytestmark = [pytest.mark.needs("docker"), pytest.mark.timeout(600)]
LARGEST_IMAGE = 345e6


@pytest.fixture(params=SERVICES)
def container(request, container_stack):
    return container_stack.container(request.param)


def test_a_service_runs_without_root_capabilities_or_a_writable_root(container):
    host = container.attrs["HostConfig"]
    assert container.exec_run("id -u").output.strip() != b"0"
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert container.exec_run("touch /written").exit_code != 0


def test_a_service_has_a_health_check_of_its_own(container):
    assert container.attrs["Config"]["Healthcheck"]["Test"]


def test_a_service_listens_on_loopback_only(container):
    bound = [each for ports in container.ports.values() for each in ports or ()]
    assert {each["HostIp"] for each in bound} == {"127.0.0.1"}


def test_an_image_stays_small(container, engine):
    assert engine.client.images.get(container.image.id).attrs["Size"] < LARGEST_IMAGE


def test_no_image_keeps_the_proxys_certificate(container):
    listed = container.exec_run(["ls", "/run/secrets"]).output
    assert b"ca" not in listed.split()


def test_the_future_is_not_in_any_container(container):
    sources = {mount.get("Source", "") for mount in container.attrs["Mounts"]}
    assert not [source for source in sources if "future" in source or source.endswith("/data")]


def test_a_service_ends_at_once_when_it_is_asked_to(container_stack, container):
    container.stop(timeout=60)
    container.reload()
    ended = container.attrs["State"]
    container.start()
    container_stack.up(print)
    assert ended["ExitCode"] in (0, 143)
    assert not ended["OOMKilled"]


def test_what_was_built_is_said_and_nothing_else(container_stack):
    said = []
    container_stack.up(said.append)
    assert "every image is up to date" in said
    container_stack.engine.client.images.remove(f"{TEST_PROJECT}/balancer", force=True)
    container_stack.up(said.append)
    assert f"built {TEST_PROJECT}/balancer" in said


def test_being_up_already_is_fine(container_stack):
    before = {name: container_stack.container(name).id for name in SERVICES}
    container_stack.up(print)
    assert before == {name: container_stack.container(name).id for name in SERVICES}
    assert {each.health for each in container_stack.services()} == {"healthy"}


def test_up_brings_back_what_has_died_and_leaves_the_rest_running(container_stack):
    before = {
        name: container_stack.container(name).attrs["State"]["StartedAt"] for name in SERVICES
    }
    container_stack.container("recommender-b").kill("SIGKILL")
    container_stack.up(print)
    after = {name: container_stack.container(name).attrs["State"]["StartedAt"] for name in SERVICES}
    assert {name for name in SERVICES if before[name] != after[name]} == {"recommender-b"}


def test_a_service_that_was_killed_is_unwell_with_its_exit_code_and_last_words(container_stack):
    container_stack.container("recommender-b").kill("SIGKILL")
    try:
        (lost,) = unwell(container_stack)
    finally:
        container_stack.up(print)
    assert (lost.name, lost.trouble) == ("recommender-b", "has ended: exited (137)")
    assert lost.last_words
    assert unwell(container_stack) == []


def test_a_service_can_be_killed_and_started_again_as_the_same_container(container_stack):
    before = container_stack.container("recommender-b").id
    container_stack.kill("recommender-b")
    killed = {each.name: each.state for each in container_stack.services()}
    container_stack.start("recommender-b")
    after = {each.name: each for each in container_stack.services()}
    assert killed["recommender-b"] == "exited (137)"
    assert after["recommender-b"].trouble == ""
    assert container_stack.container("recommender-b").id == before


def test_logs_of_one_service_or_of_all(container_stack):
    one = list(container_stack.logs("recommender-b", follow=False))
    every = "\n".join(container_stack.logs(None, follow=False))
    assert one
    assert all(line.startswith("recommender-b") for line in one)
    assert all(name in every for name in SERVICES)


def test_a_model_that_cannot_be_trained_shows_the_last_words(engine, tmp_path, monkeypatch):
    (tmp_path / "data" / "past").mkdir(parents=True)
    shutil.copy(COMPOSE_FILE, tmp_path / "compose.yaml")
    (tmp_path / "containers").symlink_to(COMPOSE_FILE.parent / "containers")
    for name in ("COMPOSE_FILE", "ROOT"):
        target = tmp_path / "compose.yaml" if name == "COMPOSE_FILE" else tmp_path
        monkeypatch.setattr(f"lab_utils.stack.containers.{name}", target)
    stack = ContainerStack(engine, Ports.free(), "recitation-test-untrained")
    try:
        with pytest.raises(StackError, match=r"train-[ab] failed") as caught:
            stack.up(print)
        assert "ratings" in caught.value.found
    finally:
        engine.remove_all(stack.project)


def test_a_nearly_full_disk_is_told_before_anything_is_built(container_stack, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))
    with pytest.raises(LabError, match=r"0\.0 GB of disk are free"):
        container_stack.up(print)


@pytest.mark.parametrize("words", [("docker", "compose"), ("docker-compose",)])
def test_plain_compose_brings_everything_up(engine, words):
    """As the README says it, by hand, with nothing of the lab's Python in between."""
    if not commands.have(words[0]):
        pytest.fail(f"{words[0]} is missing beside an engine")
    from lab_utils import images

    ports = Ports.free()
    project = f"recitation-test-{words[0]}-by-hand"
    environment = {
        **os.environ,
        **ports.environment(),
        **images.build_environment(images.python_base(engine, print)),
        "LAB_PROJECT": project,
    }

    def compose(*more):
        return commands.run(
            [*words, *more],
            doing="composing by hand",
            environment=environment,
            folder=COMPOSE_FILE.parent,
        )

    try:
        compose("up", "--detach", "--build")
        stack = ContainerStack(engine, ports, project)
        stack.wait()
        answer = httpx.get(ports.url("balancer") + "/recommend/1")
        assert answer.headers["X-Variant"] in ("a", "b")
    finally:
        compose("down", "--volumes")
        engine.remove_all(project)


@pytest.mark.parametrize("doing", ["up", "down"])
def test_the_stack_of_another_checkout_is_left_alone(container_stack, tmp_path, monkeypatch, doing):
    monkeypatch.setattr("lab_utils.stack.containers.ROOT", tmp_path)
    with pytest.raises(LabError, match=f"belong to the lab in {COMPOSE_FILE.parent}") as caught:
        getattr(container_stack, doing)(print)
    assert "LAB_PROJECT" in caught.value.next_step
    assert {each.state for each in container_stack.services()} == {"running"}
