import httpx
import pytest

from lab_utils import docker_engine, waiting
from lab_utils.errors import LabError
from lab_utils.runtimes import Process, Unavailable, VirtualMachine, missing
from lab_utils.vm import guest, qemu
from lab_utils.vm.contained import ContainerHost


def wait_for_an_answer(running):
    """One question waits for an answer a moment only: a busy machine may want several."""
    waiting.until(
        lambda: None if running.answers() else "it does not answer",
        timeout=60,
        doing="asking a guest",
        next_step="look at its console",
        details=running.console,
    )


def assert_restoring_forgets(running):
    running.snapshot("before")
    running.run_inside("touch /since")
    running.restore("before")
    assert running.run_inside("ls /since 2> /dev/null || echo gone") == "gone\n"
    wait_for_an_answer(running)


@pytest.mark.needs("vm")
class TestOneThatIsUp:
    def test_it_answers_where_it_says(self, vm):
        assert "hello from busybox" in httpx.get(vm.url, trust_env=False).text

    def test_its_kernel_is_its_own(self, vm):
        assert vm.kernel().release == guest.tiny().release
        assert vm.kernel() != Process("tiny").kernel()

    def test_it_sees_less_memory_than_it_costs(self, vm):
        assert vm.inside().memory < vm.memory()

    def test_it_says_what_runs_its_instructions(self, vm):
        assert vm.accelerator in qemu.CPUS

    def test_a_script_that_fails_is_an_error_with_its_words(self, vm):
        with pytest.raises(LabError, match="No such file"):
            vm.run_inside("cat /nothing")

    def test_a_restored_guest_has_forgotten_what_happened_since(self, vm):
        assert_restoring_forgets(vm)

    def test_a_snapshot_that_was_not_taken_cannot_be_restored(self, vm):
        with pytest.raises(LabError, match="no snapshot 'never'"):
            vm.restore("never")
        wait_for_an_answer(vm)

    @pytest.mark.parametrize("name", ["two words", "", "; quit"])
    def test_a_snapshot_has_a_plain_name(self, vm, name):
        with pytest.raises(LabError, match="not one word"):
            vm.snapshot(name)

    def test_it_does_not_reach_what_listens_on_this_machine(self, vm, tmp_path):
        """10.0.2.2 is this machine, as the guest's network would show it."""
        with Process("tiny", folder=tmp_path) as here:
            port = here.url.rpartition(":")[2]
            asked = f"wget -q -O - http://10.0.2.2:{port}/"
            assert vm.run_inside(f"timeout 1 {asked} 2>&1 || echo refused").endswith("refused\n")


@pytest.mark.needs("vm")
def test_a_warm_start_goes_on_where_the_snapshot_was_taken(tmp_path):
    boots = set()
    for _ in range(2):
        with VirtualMachine("tiny", warm=True, folder=tmp_path) as running:
            boots.add(running.kernel().boot_id)
    assert len(boots) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs("vm")
def test_a_panic_ends_the_guest_and_its_last_words_are_kept(tmp_path):
    with VirtualMachine("tiny", warm=True, folder=tmp_path) as running:
        panic = running.panic()
        assert any("Kernel panic" in line for line in panic.last_words)
        assert panic.exit_code == 0
        assert not running.answers()
        assert "QEMU exited" in running.ended()


@pytest.fixture(scope="module")
def contained(runtime_project):
    """A guest on QEMU in a container, up."""
    host = ContainerHost(docker_engine.find(with_compose=False))
    with VirtualMachine("tiny", host=host) as running:
        yield running


@pytest.mark.needs("docker")
class TestOneInAContainer:
    def test_its_server_answers_and_its_kernel_is_its_own(self, contained):
        assert "hello from busybox" in httpx.get(contained.url, trust_env=False).text
        assert contained.kernel().release == guest.tiny().release
        assert contained.accelerator == "tcg in a container"

    def test_a_restored_guest_has_forgotten_what_happened_since(self, contained):
        assert_restoring_forgets(contained)

    def test_it_costs_more_memory_than_it_sees_and_time(self, contained):
        assert contained.inside().memory < contained.memory()
        assert contained.cpu_seconds() > 0
        assert "cgroup" in contained.memory_how

    def test_it_asks_nobody_for_anything(self, contained):
        asked = "wget -q -T 2 -O - http://10.0.2.2:8080/"
        assert contained.run_inside(f"{asked} 2>&1 || echo refused").endswith("refused\n")

    def test_its_container_may_do_nothing_but_this(self, contained):
        facts = contained._there()._there().attrs
        assert facts["HostConfig"]["CapDrop"] == ["ALL"]
        assert facts["HostConfig"]["ReadonlyRootfs"]
        assert not facts["HostConfig"]["Privileged"]
        assert facts["HostConfig"]["Memory"] > 0
        assert not facts["Config"]["User"].startswith("0")
        published = facts["NetworkSettings"]["Ports"].values()
        assert {each["HostIp"] for some in published for each in some} == {"127.0.0.1"}

    def test_a_panic_ends_the_container_and_nothing_is_left_of_it(self, contained, engine):
        with VirtualMachine("tiny", warm=True, host=contained._host) as running:
            panic = running.panic()
            assert any("Kernel panic" in line for line in panic.last_words)
            assert panic.exit_code == 0
            assert "QEMU exited (0)" in running.ended()
            name = running._there()._there().name
        left = engine.containers(docker_engine.PROJECT)
        assert name not in [each.name for each in left]

    def test_an_engine_that_refuses_is_told(self, contained, tmp_path, monkeypatch):
        monkeypatch.setattr("lab_utils.vm.contained.USER", "nobody of that name")
        monkeypatch.setattr("lab_utils.vm.contained._give", lambda _path: None)
        machine = contained._host.machine("tiny", guest.tiny(), tmp_path)
        with pytest.raises(LabError, match="the engine refused"):
            machine.make_disk()

    def test_the_recommenders_guest_is_not_to_be_had(self, contained):
        with pytest.raises(Unavailable, match="tiny server's guest only"):
            VirtualMachine("recommender-a", host=contained._host).demand()


def test_without_qemu_and_engine_it_is_unavailable_and_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(qemu, "version", lambda: None)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nobody.sock")
    reason = missing("vm")
    assert isinstance(reason, Unavailable)
    assert "apt-get install qemu-system-x86" in reason.next_step
