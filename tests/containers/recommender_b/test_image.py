import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
IMAGE = ROOT / "containers" / "recommender_b"
PINNED = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def pinned(path):
    return dict(PINNED.findall(path.read_text(encoding="utf-8")))


def test_every_package_has_the_version_of_the_main_lock():
    image = pinned(IMAGE / "requirements.txt")
    lock = pinned(ROOT / "requirements.lock")
    assert image == {name: lock.get(name) for name in image}


def test_everything_asked_for_is_pinned_with_hashes():
    asked = (IMAGE / "requirements.in").read_text(encoding="utf-8").split()
    text = (IMAGE / "requirements.txt").read_text(encoding="utf-8")
    assert set(asked) <= set(pinned(IMAGE / "requirements.txt"))
    assert len(re.findall(r"^[^#\s]", text, re.MULTILINE)) == len(PINNED.findall(text))
    assert text.count("--hash=sha256:") > len(PINNED.findall(text))


def test_it_imports_neither_the_lab_nor_the_other_recommender():
    imported = set()
    for path in (IMAGE / "recommender_b").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            if isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).split(".")[0])
    assert "recommender_b" in imported
    assert not imported & {"lab_utils", "balancer", "recommender_a"}


def test_the_dockerfile_needs_no_frontend_from_a_registry():
    assert "# syntax=" not in (IMAGE / "Dockerfile").read_text(encoding="utf-8")
