"""The images: what is installed in them, and who may import whom."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTAINERS = ROOT / "containers"
PINNED = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
OURS = {"lab_utils", "balancer", "serving", "recommender_a", "recommender_b"}
MAY_IMPORT = {
    "serving": set(),
    "recommender_a": {"serving"},
    "recommender_b": {"serving"},
    "balancer": set(),
}


@pytest.fixture(params=["recommender_a", "recommender_b", "balancer"])
def image(request):
    return CONTAINERS / request.param


def pinned(path):
    return dict(PINNED.findall(path.read_text(encoding="utf-8")))


def asked_for(image):
    lines = (image / "requirements.in").read_text(encoding="utf-8").splitlines()
    return {line.partition(";")[0].strip() for line in lines}


def imported_by(package):
    """The first names of all that a package's modules import."""
    names = set()
    for path in (CONTAINERS / package / package).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {name.name.split(".")[0] for name in node.names}
            if isinstance(node, ast.ImportFrom):
                names.add(str(node.module).split(".")[0])
    return names


def test_every_package_has_the_version_of_the_main_lock(image):
    installed = pinned(image / "requirements.txt")
    lock = pinned(ROOT / "requirements.lock")
    assert installed == {name: lock.get(name) for name in installed}


def test_everything_asked_for_is_pinned_with_hashes(image):
    text = (image / "requirements.txt").read_text(encoding="utf-8")
    assert asked_for(image) <= set(pinned(image / "requirements.txt"))
    assert len(re.findall(r"^[^#\s]", text, re.MULTILINE)) == len(PINNED.findall(text))
    assert text.count("--hash=sha256:") > len(PINNED.findall(text))


@pytest.mark.parametrize(
    "dockerfile", list(CONTAINERS.glob("*/Dockerfile")), ids=lambda path: path.parent.name
)
def test_a_dockerfile_needs_no_frontend_from_a_registry_and_ends_without_root(dockerfile):
    text = dockerfile.read_text(encoding="utf-8")
    assert "# syntax=" not in text
    assert re.findall(r"^USER (.*)", text, re.MULTILINE) == ["10001:10001"]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_of_ours_only_what_its_image_holds(package):
    imported = imported_by(package)
    assert package in imported
    assert imported & OURS <= {package} | MAY_IMPORT[package]


@pytest.mark.parametrize("recommender", ["recommender_a", "recommender_b"])
def test_each_recommender_installs_what_the_serving_kit_imports(recommender):
    needed = imported_by("serving") - sys.stdlib_module_names - {"serving"}
    assert needed == {"granian", "numpy"}
    assert needed <= asked_for(CONTAINERS / recommender)
