import re

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version
from rattler import MatchSpec

from lab_utils import locks
from lab_utils.paths import CONTAINERS, ROOT

LOCK_FILES = [
    locks.LOCK,
    *(path.with_suffix(".txt") for path in sorted(CONTAINERS.glob("*/requirements.in"))),
]


@pytest.fixture(scope="module")
def pins():
    return locks.pinned(locks.LOCK.read_text())


@pytest.fixture(scope="module")
def conda():
    return yaml.safe_load(locks.CONDA.read_text())


def test_every_direct_dependency_is_locked(pins):
    assert {requirement.name for requirement in locks.direct()} <= set(pins)


def test_the_packages_asked_for_are_direct_dependencies():
    asked = {"jupyterlab", "docker", "pandas", "matplotlib", "scikit-learn", "scipy", "nbval"}
    assert asked <= {requirement.name for requirement in locks.direct()}


def test_environment_yml_is_what_the_lock_makes_it():
    assert locks.CONDA.read_text() == locks.conda_text()


def test_environment_yml_has_the_locked_versions(conda, pins):
    *_, pip = conda["dependencies"]
    listed = [Requirement(line) for line in pip["pip"]]
    assert {each.name: str(each.specifier) for each in listed} == {
        each.name: f"=={pins[each.name]}" for each in locks.direct()
    }


def test_every_conda_spec_parses_and_python_is_the_locks(conda):
    specs = [MatchSpec(line) for line in conda["dependencies"] if isinstance(line, str)]
    assert {spec.name.normalized for spec in specs} == {"python", "pip"}
    assert str(specs[0].version) == ">=3.11,<3.14"
    assert 'requires-python = ">=3.11,<3.14"' in locks.PROJECT.read_text()


@pytest.mark.parametrize("path", LOCK_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_lock_file_has_hashes_and_no_addresses(path):
    text = path.read_text()
    blocks = re.findall(r"^\S+==.*(?:\n {4}--hash=sha256:[0-9a-f]{64}.*)+", text, re.MULTILINE)
    assert len(blocks) == len(re.findall(r"^\S+==", text, re.MULTILINE)) > 0
    assert "://" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("path", LOCK_FILES[1:], ids=lambda path: path.parent.name)
def test_an_image_has_the_versions_of_the_lab(path, pins):
    image = locks.pinned(path.read_text())
    assert image == {name: pins[name] for name in image}


def test_pins_are_versions(pins):
    assert all(Version(version) for version in pins.values())


def test_pre_commit_uses_the_locked_ruff(pins):
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook for repo in config["repos"] if repo["repo"] == "local" for hook in repo["hooks"]]
    wanted = [spec for hook in hooks for spec in hook["additional_dependencies"]]
    assert set(wanted) == {f"ruff=={pins['ruff']}"}
