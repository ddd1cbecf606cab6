"""What the prose shows exists: links, commands, ports, variables, words."""

import re
import subprocess
import sys

import pytest

from lab_utils import ports
from lab_utils.paths import ROOT

PAGES = ["README.md", "CONTRIBUTING.md", "data/README.md", "containers/balancer/README.md"]


@pytest.fixture(params=PAGES)
def page(request):
    return ROOT / request.param


def test_every_link_inside_the_repository_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    inside = [target for target in targets if "://" not in target]
    assert [target for target in inside if not (page.parent / target).exists()] == []


def test_every_picture_has_words_for_those_who_cannot_see_it(page):
    assert [alt for alt in re.findall(r"!\[([^\]]*)\]", page.read_text()) if len(alt) < 20] == []


def test_every_command_of_the_lab_that_is_shown_exists(page):
    shown = set(re.findall(r"(?:\./|python )lab ([a-z]+)", page.read_text()))
    known = subprocess.run(
        [sys.executable, "-m", "lab_utils.cli"], capture_output=True, text=True, check=True
    ).stdout
    assert [word for word in shown if f"\n    {word}" not in known] == []


def test_the_readme_names_every_port_and_its_variable():
    text = (ROOT / "README.md").read_text()
    for name, port in vars(ports.Ports()).items():
        assert f"| {port} |" in text
        assert f"`{ports.variable(name)}`" in text
