"""What the prose shows exists: links, commands, ports, variables, words."""

import json
import re
import subprocess
import sys

import nbformat
import pytest
from balancer.admin import parse_weights
from balancer.outcome import parse_outcome

from lab_utils import images, ports
from lab_utils.ladder import picture
from lab_utils.paths import NOTEBOOKS, ROOT

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


def sent_to(path):
    """The bodies that the README's commands send to a path of the balancer."""
    text = (ROOT / "README.md").read_text()
    port = {"/outcome": ports.Ports().balancer, "/weights": ports.Ports().admin}[path]
    return re.findall(rf"^curl .*127\.0\.0\.1:{port}{path} -d '(.*)'$", text, re.MULTILINE)


def test_the_outcome_that_the_readme_sends_is_one_that_the_balancer_takes():
    (body,) = sent_to("/outcome")
    assert parse_outcome(body.encode(), {"a", "b"}).user_id == "17"


def test_the_weights_that_the_readme_puts_are_some_that_the_balancer_takes():
    (body,) = sent_to("/weights")
    assert parse_weights(body.encode(), {"a": 70, "b": 30}) == {"a": 50, "b": 50}


def test_the_base_image_that_the_readme_names_is_the_one_that_is_made():
    text = (ROOT / "README.md").read_text()
    assert set(re.findall(r"BASE_IMAGE=(\S+) docker", text)) == {images.PYTHON_BASE}


def test_the_scripts_of_the_data_are_shown_with_the_python_that_has_their_packages():
    text = (ROOT / "data" / "README.md").read_text()
    shown = re.findall(r"^(\S*python) (data/\S+\.py)", text, re.MULTILINE)
    assert {python for python, _ in shown} == {".venv/bin/python"}
    assert all((ROOT / script).exists() for _, script in shown)


def test_the_balancers_figures_are_those_of_the_run_that_is_kept():
    medians = json.loads(picture.RECORDED.read_text())["medians"]
    busy = [row for row in medians if row["cpu_us"] and row["shape"] != "one"]
    ours = [1 / row["speed"] for row in busy if row["peer"] in ("sticky", "weighted_random")]
    plain = {row["peer"]: row for row in busy if row["shape"] == "plain"}
    recitation = 1 / plain["recitation"]["speed"]
    worth = {peer: f"{1000 / row['cpu_us']:.0f}" for peer, row in plain.items()}
    bars = (
        f"aiohttp {worth['aiohttp']}, ours {worth['sticky']} (sticky) and "
        f"{worth['weighted_random']} (weighted random), HAProxy {worth['haproxy']}, "
        f"nginx {worth['nginx']};"
    )
    text = " ".join((ROOT / "README.md").read_text().split())
    assert f"between {min(ours):.1f} and {max(ours):.1f} times HAProxy's CPU time" in text
    assert f"`nc` twice for each request) {recitation:.0f} times" in text
    assert f"one run, on {picture.recorded_on()}" in text
    lesson = nbformat.read(NOTEBOOKS / "solutions" / "04_load_balancer.ipynb", as_version=4)
    (shown,) = [cell.source for cell in lesson.cells if "figures/balancer.svg" in cell.source]
    for page in text, " ".join(shown.split()):
        assert bars in page
        assert f"on {picture.recorded_on()}" in page
