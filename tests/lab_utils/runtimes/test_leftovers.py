import json
import subprocess
import sys

import psutil
import pytest

from lab_utils import cleanup
from lab_utils.processes import Process
from lab_utils.runtimes import Container, VirtualMachine, leftovers

CRASH = """
import os, sys
from pathlib import Path
from lab_utils.runtimes import Container, VirtualMachine
{start}
print({name}, flush=True)
os._exit(1)  # without a word of farewell, as a kernel that is killed
"""
START_VM = "vm = VirtualMachine('tiny', warm=True, folder=Path(sys.argv[1])); vm.__enter__()"
START_CONTAINER = "box = Container('tiny'); box.__enter__()"


def crash(start, name, *words, **environment):
    import os

    script = CRASH.format(start=start, name=name)
    said = subprocess.run(
        [sys.executable, "-c", script, *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert said.returncode == 1, said.stderr
    return said.stdout.strip()


@pytest.mark.needs("vm")
def test_what_a_crash_left_of_a_guest_is_gone_with_the_next_start(tmp_path):
    pid = int(crash(START_VM, "vm._machine.process.running().pid", tmp_path))
    assert psutil.pid_exists(pid)
    with VirtualMachine("tiny", warm=True, folder=tmp_path):
        assert not psutil.pid_exists(pid)
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs("vm")
def test_clean_removes_guests_and_their_files_and_leaves_a_strangers_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    state, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    stranger = Process("qemu", elsewhere)
    stranger.start([sys.executable, "-c", "import time; time.sleep(600)"], {})
    pid = int(crash(START_VM, "vm._machine.process.running().pid", state / "runtimes"))
    try:
        cleaned = cleanup.clean(print, state=state)
        assert "process qemu" in cleaned.removed
        assert not psutil.pid_exists(pid)
        assert not state.exists()
        assert stranger.running()
    finally:
        stranger.stop()


@pytest.mark.needs("docker")
def test_what_a_crash_left_of_a_container_is_gone_with_the_next_start(engine, runtime_project):
    left = crash(START_CONTAINER, "box.container.id", LAB_PROJECT=runtime_project)
    assert left in {each.id for each in engine.containers(runtime_project)}
    with Container("tiny"):
        assert left not in {each.id for each in engine.containers(runtime_project)}


def test_what_belongs_to_a_living_python_stays(tmp_path):
    folder = leftovers.new_folder("vm-tiny", tmp_path)
    assert leftovers.sweep(tmp_path) == []
    assert folder.exists()


@pytest.mark.parametrize("note", ["", "[]", "{", json.dumps([2**22 + 1, 0.0])])
def test_a_note_of_nobody_is_of_the_dead(tmp_path, note):
    (tmp_path / "vm-tiny").mkdir()
    (tmp_path / "vm-tiny" / leftovers.NOTE).write_text(note)
    assert leftovers.sweep(tmp_path) == ["vm-tiny"]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_note_is_not_ours(tmp_path):
    (tmp_path / "students").mkdir()
    assert leftovers.sweep(tmp_path) == []
    assert (tmp_path / "students").exists()
