import os
import secrets
import shutil
import subprocess

import pytest

from lab_utils import docker_engine, jupyter_lab, self_test, waiting
from lab_utils.paths import NOTEBOOKS, RESULTS
from lab_utils.ports import free_port
from tests.browser.driver import Notebook

PICTURES = RESULTS / "screenshots"
PROJECT = f"{self_test.TEST_PROJECT}-browser"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of a JupyterLab on a copy of the notebooks, with a token; ended at the end."""
    folder = tmp_path_factory.mktemp("student")
    shutil.copytree(NOTEBOOKS, folder / "notebooks", ignore=shutil.ignore_patterns("solutions"))
    home = folder / "home"  # whoever runs this keeps their own windows and settings
    environment = {
        **os.environ,
        **self_test.beside(folder, PROJECT),
        **{f"JUPYTER_{each}_DIR": str(home / each) for each in ("CONFIG", "DATA")},
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    environment.pop("PYTEST_CURRENT_TEST", None)  # ipykernel would show less, see nbval
    port, token = free_port(), secrets.token_hex(8)
    words = [
        *jupyter_lab.command(folder, "notebooks"),
        *("--no-browser", "--LabApp.expose_app_in_browser=True"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
    ]
    log = (folder / "jupyter.log").open("w")
    process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        waiting.until(
            lambda: None if waiting.answer(f"{address}/api") else "it does not answer",
            timeout=60,
            doing="starting JupyterLab",
            next_step="read its log",
            details=(folder / "jupyter.log").read_text,
        )
        yield address, token
    finally:
        process.terminate()
        process.wait(30)
        log.close()
        self_test.remove_project(PROJECT)


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=jupyter_lab.browser(), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(server, browser):
    """Opens a notebook as a student finds it."""
    address, token = server
    PICTURES.mkdir(parents=True, exist_ok=True)
    books = []

    def open_notebook(name):
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.goto(f"{address}/lab/tree/notebooks/{name}.ipynb?token={token}&reset")
        book = Notebook(page, PICTURES, name)
        books.append(book)
        book.wait_until_ready()
        return book

    yield open_notebook
    for book in books:
        book.end()
        book.page.close()


@pytest.fixture
def engine_or_none():
    try:
        return docker_engine.find()
    except docker_engine.EngineUnavailable:
        return None
