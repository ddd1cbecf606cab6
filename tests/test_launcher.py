"""The launcher, as its users start it."""

import ast
import os
import shutil
import subprocess
import sys

import pytest

from lab_utils.paths import ROOT

LAB = ROOT / "lab"


def lab(*words, **environment):
    return subprocess.run(
        [sys.executable, str(LAB), *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_alone_it_explains_itself():
    done = lab()
    assert done.returncode == 0
    commands = ["demo", "test", "open", "up", "status", "logs", "down", "clean", "doctor", "engine"]
    for command in commands:
        assert f"\n    {command} " in done.stdout


def test_what_only_maintainers_need_is_apart():
    shown = lab().stdout
    students, maintainers = shown.split("to work on the lab itself:")
    for command in ("bench", "notebooks", "lock"):
        assert f"\n    {command} " in maintainers
        assert f"\n    {command} " not in students


def test_an_unknown_command_is_refused_with_the_known_ones():
    done = lab("dmeo")
    assert done.returncode == 2
    assert "invalid choice: 'dmeo'" in done.stderr
    assert "'demo'" in done.stderr


def test_it_needs_the_standard_library_only():
    tree = ast.parse(LAB.read_text())
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported <= sys.stdlib_module_names
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


@pytest.mark.parametrize("version", ["3.6", "3.7", "3.8", "3.9", "3.10"])
def test_a_python_too_old_for_the_lab_can_still_read_the_launcher(version):
    minor = int(version.split(".")[1])
    ast.parse(LAB.read_text(), feature_version=(3, minor))


@pytest.fixture
def bare_checkout(tmp_path):
    """A checkout whose .venv has not been made, where only the launcher and the lock are."""
    shutil.copy(LAB, tmp_path / "lab")
    (tmp_path / "requirements.lock").write_text("")
    return tmp_path


def run_under(version, checkout, **environment):
    """Run the launcher as if this Python were of another version."""
    pretend = (
        f"import sys, runpy; sys.version_info = {version}; sys.argv = ['lab'];"
        f"runpy.run_path({str(checkout / 'lab')!r}, run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-c", pretend],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_without_a_fitting_python_it_says_which_and_how_to_get_one(bare_checkout, tmp_path):
    done = run_under((3, 9, 0), bare_checkout, PATH=str(tmp_path))
    assert done.returncode == 1
    assert "this is Python 3.9, and the lab needs 3.11 to 3.13" in done.stderr
    assert "Next: install one" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("named", ["nothing-of-that-name", "python-without-packages"])
@pytest.mark.needs("posix")
def test_a_python_of_the_users_own_that_cannot_be_the_labs_is_refused(tmp_path, named):
    bare = tmp_path / "python-without-packages"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    done = lab("status", LAB_PYTHON=str(tmp_path / named))
    assert done.returncode == 1
    assert f"{named}, which is no Python of 3.11 or later with the lab's packages" in done.stderr
    assert "Traceback" not in done.stderr


def test_too_little_room_is_told_before_anything_is_made(bare_checkout):
    text = (bare_checkout / "lab").read_text().replace("ROOM = 1200", "ROOM = 1_200_000_000")
    (bare_checkout / "lab").write_text(text)
    done = run_under((3, 11, 0), bare_checkout)
    assert done.returncode == 1
    assert "of disk are free, and .venv takes about" in done.stderr
    assert not (bare_checkout / ".venv").exists()


@pytest.mark.needs("root")
def test_first_use_under_sudo_is_refused(bare_checkout):
    done = run_under((3, 11, 0), bare_checkout, SUDO_USER="ada")
    assert done.returncode == 1
    assert "run `./lab` once as yourself" in done.stderr
    assert not (bare_checkout / ".venv").exists()


def test_packages_that_cannot_be_fetched_end_in_advice_and_a_second_try_goes_on(bare_checkout):
    block = "uv==0.0.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"
    (bare_checkout / "requirements.lock").write_text(block)
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "UV_INDEX_URL": "http://127.0.0.1:9/"}
    offline = {**nowhere, "PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    for _ in range(2):
        done = run_under((3, 11, 0), bare_checkout, **offline, PIP_NO_INDEX="1", UV_OFFLINE="1")
        assert done.returncode == 1
        assert "the packages could not all be installed" in done.stderr
        assert "run the same command again" in done.stderr
    assert not (bare_checkout / ".venv" / "made-from").exists()


@pytest.mark.needs("posix")
def test_an_environment_whose_making_was_interrupted_is_made_again(bare_checkout):
    half_made = bare_checkout / ".venv" / "bin" / "python"
    half_made.parent.mkdir(parents=True)
    half_made.write_text("#!/bin/sh\nexit 1\n")  # it has no pip yet
    half_made.chmod(0o755)
    nothing = {"PATH": str(bare_checkout), "PIP_NO_INDEX": "1"}
    told = run_under((3, 11, 0), bare_checkout, **nothing).stderr
    assert "first use: making .venv" in told
    assert subprocess.run([half_made, "-m", "pip", "--version"], check=False).returncode == 0


@pytest.mark.needs("posix")
def test_the_packages_progress_is_shown_and_not_a_line_for_each(bare_checkout):
    tools = bare_checkout / "tools"
    tools.mkdir()
    uv = "#!/bin/sh\nprintf 'Downloading numpy (15MiB)\\n + numpy==2\\n + scipy==1\\n' >&2\n"
    (tools / "uv").write_text(uv)
    (tools / "uv").chmod(0o755)
    path = os.pathsep.join([str(tools), os.environ["PATH"]])
    told = run_under(sys.version_info[:3], bare_checkout, PATH=path).stderr
    assert "Downloading numpy" in told
    assert "lab: done" in told
    assert "scipy" not in told


def test_a_python_of_the_users_own_is_used_as_it_is(bare_checkout):
    done = subprocess.run(
        [sys.executable, str(LAB), "status", "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "LAB_PYTHON": sys.executable},
        check=True,
    )
    assert "what of the stack is up" in done.stdout


@pytest.mark.needs("posix")
def test_a_ctrl_c_while_it_is_only_just_starting_ends_it_without_a_traceback(tmp_path):
    interrupted_at_once = tmp_path / "python"
    interrupted_at_once.write_text(f'#!/bin/sh\nkill -INT $$\nexec {sys.executable} "$@"\n')
    interrupted_at_once.chmod(0o755)
    done = lab("status", LAB_PYTHON=str(interrupted_at_once))
    assert done.returncode == 130
    assert "Interrupted" in done.stderr
    assert "Traceback" not in done.stderr
