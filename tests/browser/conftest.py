import os
import secrets
import shutil

import pytest

from lab_utils import jupyter_lab, self_test
from lab_utils.paths import NOTEBOOKS, RESULTS
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
    token = secrets.token_hex(8)
    words = ("--LabApp.expose_app_in_browser=True", f"--IdentityProvider.token={token}")
    try:
        with jupyter_lab.running(folder, *words, environment=environment) as address:
            yield address, token
    finally:
        self_test.remove_project(PROJECT)


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
