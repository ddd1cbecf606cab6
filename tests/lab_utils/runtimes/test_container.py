import httpx
import pytest

from lab_utils import docker_engine
from lab_utils.errors import LabError
from lab_utils.runtimes import Container, Process, Unavailable, missing
from lab_utils.runtimes import container as module

pytestmark = pytest.mark.needs("docker")


def test_it_answers_where_it_says(container):
    assert "hello from busybox" in httpx.get(container.url, trust_env=False).text


@pytest.mark.needs("linux")
def test_its_kernel_is_the_hosts_own(container):
    assert container.kernel() == Process("tiny").kernel()


def test_it_sees_its_own_processes_alone(container):
    assert {"httpd", "sh"} >= set(container.processes())


def test_it_is_told_of_more_memory_than_it_may_have(container):
    assert container.inside().memory > module.MEMORY_MB["tiny"] * 1024**2 > container.memory()


def test_it_may_write_nothing_but_temporary_files(container):
    assert container.exit_and_output("touch /own/file")[0] != 0
    assert container.exit_and_output("touch /tmp/file && rm /tmp/file")[0] == 0


def test_a_script_that_fails_is_an_error_with_its_words(container):
    with pytest.raises(LabError, match="No such file"):
        container.run_inside("cat /nothing")


def test_it_carries_the_label_by_which_everything_of_ours_is_found(container, runtime_project):
    assert container.container.labels["lab"] == runtime_project


def test_nothing_is_left_when_it_is_stopped(engine, runtime_project):
    with Container("tiny") as running:
        name = running.container.name
    assert name not in {each.name for each in engine.containers(runtime_project)}


def test_without_an_engine_it_is_unavailable_and_says_why(monkeypatch):
    def unavailable(**_):
        raise docker_engine.EngineUnavailable("stopped", "nothing answers", "start it")

    module._engine.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(docker_engine, "find", unavailable)
        reason = missing("container")
        with pytest.raises(Unavailable):
            Container("tiny").demand()
    assert reason.found == "nothing answers"
